from forms.audit_log import active_seconds

HEADER = b"event,node,start,end\n"


def test_questions_count_and_pauses_do_not():
    log = (
        HEADER
        + b"form start,,1000,\nquestion,/data/a,1000,11000\nform exit,,11000,\nquestion,/data/b,90000,95000\n"
    )
    assert active_seconds(log) == 15


def test_overlaps_count_once():
    assert active_seconds(HEADER + b"question,/data/a,0,10000\nquestion,/data/b,5000,12000\n") == 12


def test_short_rows_and_nonsense_are_passed_over():
    assert (
        active_seconds(
            HEADER + b'question,/data/a\n"bro"ken,x,1,2\nquestion,/data/a,x,y\nquestion,/d,0,3000\n'
        )
        == 3
    )


def test_no_log_says_nothing():
    assert active_seconds(b"") is None
    assert active_seconds(b"\xff\xfe\x00") is None
    assert active_seconds(HEADER) is None
