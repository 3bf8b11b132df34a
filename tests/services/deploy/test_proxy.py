"""What nginx does by our sample, before two of each program."""

from pathlib import Path

import requests

from tests.seaweedfs import free_ports
from tests.services.deploy import services
from tests.services.deploy.certificates import API, PORTAL, make_certificate
from tests.services.deploy.machines import Machines, Named


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


def test_a_portal_that_does_not_answer_is_told_in_words(tmp_path: Path) -> None:
    """The status stays, so that clients know that a POST may have been received."""
    plain, tls, inside, *web = free_ports(7)
    trusted = make_certificate(tmp_path / "tls")
    proxy = services.nginx(tmp_path, services.Places(plain, tls, inside, (web[0], web[1]), (web[2], web[3])))
    proxy.start()
    try:
        with requests.Session() as session:
            session.mount("https://", Named(PORTAL))
            headers = {"Host": PORTAL}
            answer = session.get(f"https://127.0.0.1:{tls}/sign-in/", headers=headers, verify=str(trusted), timeout=30)
    finally:
        proxy.stop()
    assert (answer.status_code, answer.text[:26]) == (502, "The portal does not answer")
