"""`sisir backup` and `sisir restore`: a copy of everything, and back into an empty place."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from media.sealing import Seal, read_key
from server.backends import open_backends
from server.cli.context import backends
from server.cli.progress import phase_bars
from server.config import Config, load_config
from server.errors import SetupError
from server.services.backup import Backup, make_backup
from server.services.backup_files import KEY_FILE, find_backup, read_manifest, told_plainly
from server.services.restore import Restored, restore_backup, try_backup

LABELS = {
    "tables": "basis data",
    "media": "foto dan berkas",
    "checked": "memeriksa berkas",
    "compared": "membandingkan",
}


@click.command()
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--verify", is_flag=True, help="Restore it on trial into a temporary place and compare counts and hashes."
)
@click.option("--with-key", is_flag=True, help="Put the office key beside the data. Whoever finds it can then read everything.")  # fmt: skip
def backup(target: Path, verify: bool, with_key: bool) -> None:
    """Backs up database and media into TARGET while the server runs; again into the same TARGET copies only new files.

    The office key is not in it: keep a copy of the key elsewhere, a backup without it is of no use.
    Exit status 1 when media files are missing or were altered; everything else is in the backup then.
    """
    ours = backends()
    with phase_bars(LABELS) as bars:
        made = make_backup(ours, target, with_key=_key_text(ours.config) if with_key else None, progress=bars.show)  # fmt: skip
        proved = try_backup(made.folder, seal=ours.seal, progress=bars.show) if verify else None
    _tell_backup(made, proved)
    _warn_of_key(ours.config, made)
    for what, keys in (("are missing", made.missing), ("are not as they were received", made.altered)):
        if keys:
            click.echo(
                f"{len(keys)} media files {what} in the media storage, for example {keys[0]}. The backup holds "
                "everything else; run `sisir doctor --full`.",
                err=True,
            )
    if made.missing or made.altered:
        sys.exit(1)


def _tell_backup(made: Backup, proved: Restored | None) -> None:
    rows = sum(table.rows for table in made.manifest.tables)
    media = made.manifest.media
    click.echo(
        f"{made.folder}: {rows} rows of {len(made.manifest.tables)} tables, {media.files} media files "
        f"({media.size_bytes / 1e6:.1f} MB), {made.copied} of them new."
    )
    if proved is not None:
        click.echo(f"Verified: {proved.rows} rows and {proved.files} media files came back as they were.")


def _warn_of_key(config: Config, made: Backup) -> None:
    if made.manifest.has_key:
        click.echo(
            "WARNING: the office key is in this backup. Whoever has the folder can read every identity number; "
            f"keep it like the key itself, or remove {made.folder / KEY_FILE}.",
            err=True,
        )
        return
    place = "SISIR_KEY" if config.key else str(config.key_file)
    click.echo(
        f"The office key (id {made.manifest.key_id}, {place}) is NOT in this backup. Keep a copy of it elsewhere, apart from "
        "the backups: without the key a backup is useless.",
        err=True,
    )


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", "key_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with the office key, when the place has none yet.")  # fmt: skip
@click.option(
    "--skip-damaged", is_flag=True, help="Leave out media files that are missing or altered in the backup."
)
@click.option("--trial", is_flag=True, help="Only try: restore into a temporary place, compare, throw away.")
def restore(source: Path, key_file: Path | None, skip_damaged: bool, trial: bool) -> None:
    """Restores the newest backup in SOURCE (or SOURCE itself) into an empty place, and compares everything with it.

    The place is what SISIR_VAR, SISIR_DATABASE and SISIR_MEDIA name; run `restore` instead of `init`. A database that holds
    anything is refused. Exit status 1 when media files are missing or were skipped.
    """
    folder = find_backup(source)
    config = load_config(os.environ)
    text = _find_key(config, key_file, folder)
    read_manifest(folder, Seal(read_key(text)))
    with phase_bars(LABELS) as bars:
        if trial:
            done = try_backup(folder, seal=Seal(read_key(text)), progress=bars.show)
        else:
            with told_plainly("the backup cannot be restored"):
                config.var.mkdir(parents=True, exist_ok=True)
            ours = open_backends(replace(config, key=text))
            done = restore_backup(
                folder,
                engine=ours.engine,
                storage=ours.storage,
                seal=ours.seal,
                skip_damaged=skip_damaged,
                progress=bars.show,
            )
            _keep_key(config, text)
    _tell_restored(folder, done, trial)


def _tell_restored(folder: Path, done: Restored, trial: bool) -> None:
    verb = "Trial of" if trial else "Restored"
    click.echo(
        f"{verb} {folder}: {done.rows} rows and {done.files} media files, counts and hashes are those of the backup."
    )
    if done.upgraded_from:
        click.echo(f"The backup was of an older schema ({done.upgraded_from}); the database was upgraded.")
    for what, keys in (("were missing already when the backup was made", done.missing), ("are damaged in the backup and were left out", done.skipped)):  # fmt: skip
        if keys:
            click.echo(f"{len(keys)} media files {what}, for example {keys[0]}.", err=True)
    if done.missing or done.skipped:
        sys.exit(1)


def _key_text(config: Config) -> str:
    return config.key or config.key_file.read_text(encoding="ascii").strip()


def _find_key(config: Config, key_file: Path | None, folder: Path) -> str:
    """The office key of this place; when it has none that of --key, or of the backup itself. Raises: SetupError when there is none."""
    if config.key:
        return config.key
    for path in (config.key_file, key_file, folder / KEY_FILE):
        if path is not None and path.is_file():
            return path.read_text(encoding="ascii", errors="replace").strip()
    raise SetupError(
        f"the office key is not here, and without it the backup is useless. Put the key of the old installation into {config.key_file}, "
        "or give its file with --key"
    )


def _keep_key(config: Config, text: str) -> None:
    """The key into its file, when neither environment nor file has one."""
    if config.key is None and not config.key_file.exists():
        descriptor = os.open(config.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
