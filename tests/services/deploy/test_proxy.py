"""What Caddy does by our sample, before two of each program."""

import requests

from tests.services.deploy.certificates import API, PORTAL
from tests.services.deploy.machines import Machines


def test_a_page_comes_over_tls_and_in_the_clear_it_is_led_there(machines: Machines) -> None:
    assert machines.session().get(f"{machines.url}/sign-in/", timeout=30).status_code == 200
    plain = f"http://127.0.0.1:{machines.places.plain}/sign-in/"
    answer = requests.get(plain, headers={"Host": PORTAL}, allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{PORTAL}/sign-in/")


def test_both_programs_answer_by_their_names_and_figures_stay_inside(machines: Machines) -> None:
    answer = machines.session(API).get(f"{machines.url}/api/v1/health", timeout=30)
    assert answer.json() == {"status": "ok"}
    for name in (PORTAL, API):
        assert machines.session(name).get(f"{machines.url}/metrics", timeout=30).status_code == 404
