"""What sets a phone up: its server address and the text of its QR code. Needs no database, so that a start can show it.

Source: the OpenRosa specification, section 7.
"""

from forms.openrosa import settings_qr_text


def server_url(url: str, token: str, project_id: int) -> str:
    """What a phone uses as its server address."""
    return f"{url}/v1/key/{token}/projects/{project_id}"


def qr_text(url: str, token: str, project_id: int, project_name: str) -> str:
    """The text of the QR code that sets ODK Collect up."""
    return settings_qr_text(
        {
            "general": {
                "server_url": server_url(url, token, project_id),
                "form_update_mode": "match_exactly",
                "autosend": "wifi_and_cellular",
                "app_language": "id",
            },
            "project": {"name": project_name, "icon": "🏠", "color": "#0B6E4F"},
            "admin": {},
        }
    )
