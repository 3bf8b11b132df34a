"""The manifests of deploy/kubernetes, by Kubernetes' own schemas, and what they must agree on."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from pipelines_portal import __version__
from tests.external_api.server import PROJECT
from tests.services.deploy.names import known

pytestmark = pytest.mark.full

MANIFESTS = sorted((PROJECT / "deploy" / "kubernetes").glob("*.yaml"))
# The oldest that takes all of them, and the newest whose schemas there are.
VERSIONS = ("1.30", "1.37")
PORTS = {"portal": 8000, "external-api": 8001, "portal-worker": 8002, "external-api-worker": 8002}
ENDING_SECONDS = 25


def documents(file: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(file.read_text()))


ALL = [document for file in MANIFESTS for document in documents(file)]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in ALL if one["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    return {name: one["spec"]["template"]["spec"] for name, one in (of_kind("Deployment") | of_kind("Job")).items()}


def containers() -> list[dict[str, Any]]:
    return [one for pod in pods().values() for one in [*pod.get("initContainers", []), *pod["containers"]]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.name)
def test_kubernetes_knows_all_that_they_say(file: Path, version: str) -> None:
    for document in documents(file):
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("ports:", "prts:"), ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: 'yes'"), ("args:", "arguments:")],
)
def test_an_unknown_name_and_a_wrong_type_would_be_found(right: str, wrong: str) -> None:
    text = (PROJECT / "deploy/kubernetes/portal.yaml").read_text()
    with pytest.raises(kubernetes_validate.ValidationError):
        for document in yaml.safe_load_all(text.replace(right, wrong)):
            kubernetes_validate.validate(document, VERSIONS[-1], strict=True)


def test_every_variable_in_them_is_one_that_exists() -> None:
    config = of_kind("ConfigMap")["pipelines-portal"]["data"]
    secret = {name for one in of_kind("Secret").values() for name in one["stringData"]}
    assert {"SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "EXTERNAL_API_DATABASE_URL"} <= secret
    assert set(config) | secret <= known()
    assert set(config) & secret == set()


def test_the_templates_of_secrets_have_none() -> None:
    assert {value for one in of_kind("Secret").values() for value in one["stringData"].values()} == {""}


def environment(container: dict[str, Any]) -> list[str]:
    """Where it comes from, each by its name."""
    return [source["name"] for one in container["envFrom"] for source in one.values()]


def test_each_program_gets_what_is_for_both_and_its_own_secrets_and_the_same_image() -> None:
    for name in PORTS:
        for container in [*pods()[name]["initContainers"], *pods()[name]["containers"]]:
            own = f"pipelines-{name.removesuffix('-worker')}"
            assert environment(container) == ["pipelines-portal", "pipelines-both", own]
    assert {container["image"] for container in containers()} == {f"pipelines-portal:{__version__}"}


def test_each_database_is_prepared_with_the_secrets_of_its_program() -> None:
    job = pods()["prepare"]
    prepared = {tuple(one["args"]): environment(one)[-1] for one in [*job["initContainers"], *job["containers"]]}
    assert prepared == {
        ("prepare", "portal"): "pipelines-portal",
        ("prepare", "external-api"): "pipelines-external-api",
    }


def test_neither_program_has_a_secret_of_the_other() -> None:
    told = {name: set(one["stringData"]) for name, one in of_kind("Secret").items()}
    portal, api = told["pipelines-portal"], told["pipelines-external-api"]
    assert portal & api == {"SECRET_KEY"} and not told["pipelines-both"] & (portal | api)
    assert not {"EXTERNAL_API_DATABASE_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & portal
    assert not {"DATABASE_URL", "ENCRYPTION_KEYS"} & api


def test_the_guide_makes_each_secret_and_prometheus_looks_into_the_namespace_that_it_makes() -> None:
    guide = (PROJECT / "docs" / "administrators" / "kubernetes.md").read_text()
    (made,) = re.findall(r"for part in ([\w -]+); do", guide)
    assert {f"pipelines-{each}" for each in made.split()} == set(of_kind("Secret"))
    (namespace,) = set(re.findall(r"kubectl create namespace ([\w-]+)", guide))
    assert set(re.findall(r"--namespace ([\w-]+)", guide)) == {namespace}
    # Where a manifest named one, it would go there whatever kubectl is told.
    assert {one["metadata"].get("namespace", namespace) for one in ALL} == {namespace}


def test_none_may_do_more_than_it_must() -> None:
    for pod in pods().values():
        told = pod["securityContext"]
        assert (told["runAsNonRoot"], told["runAsUser"], told["seccompProfile"]) == (
            True, 10001, {"type": "RuntimeDefault"}
        )  # fmt: skip
        assert pod["automountServiceAccountToken"] is False
    for container in containers():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
        }  # fmt: skip
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}
        assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["memory"]


@pytest.mark.parametrize("name", PORTS)
def test_each_program_is_asked_where_it_answers_and_has_time_to_end(name: str) -> None:
    pod = pods()[name]
    (program,) = pod["containers"]
    (port,) = program["ports"]
    assert (program["args"], port["containerPort"]) == ([name], PORTS[name])
    paths = {"startupProbe": "/health", "livenessProbe": "/health", "readinessProbe": "/ready"}
    assert {probe: program[probe]["httpGet"] for probe in paths} == {
        probe: {"path": path, "port": port["name"]} for probe, path in paths.items()
    }
    sleeps = program["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > sleeps + ENDING_SECONDS
    assert of_kind("Deployment")[name]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_each_waits_for_its_own_database() -> None:
    for name in PORTS:
        (wait,) = pods()[name]["initContainers"]
        assert "migrate --check" in wait["args"][-1]
        assert ("pipelines_portal.settings.external_api" in wait["args"][-1]) == name.startswith("external-api")


def test_what_points_at_something_points_at_what_is_there() -> None:
    labels = {name: one["spec"]["template"]["metadata"]["labels"] for name, one in of_kind("Deployment").items()}
    for name, service in of_kind("Service").items():
        assert (service["spec"]["selector"], service["spec"]["ports"][0]["port"]) == (labels[name], PORTS[name])
    for name, budget in of_kind("PodDisruptionBudget").items():
        assert budget["spec"]["selector"]["matchLabels"] == labels[name]
    for name, scaler in of_kind("HorizontalPodAutoscaler").items():
        assert (
            scaler["spec"]["scaleTargetRef"]["name"] == name and "replicas" not in of_kind("Deployment")[name]["spec"]
        )
    backends = [path["backend"]["service"] for rule in rules() for path in rule["http"]["paths"]]
    assert {backend["name"] for backend in backends} == set(of_kind("Service"))


def rules() -> list[dict[str, Any]]:
    return of_kind("Ingress")["pipelines-portal"]["spec"]["rules"]


def test_static_files_that_one_pod_has_not_are_asked_of_the_others() -> None:
    """For both names, as ingress-nginx calls it."""
    static = of_kind("Ingress")["pipelines-portal-static"]
    paths = {(rule["host"], path["path"], path["backend"]["service"]["name"]) for rule in static["spec"]["rules"]
             for path in rule["http"]["paths"]}  # fmt: skip
    whole = {(rule["host"], "/static/", rule["http"]["paths"][0]["backend"]["service"]["name"]) for rule in rules()}
    assert paths == whole
    told = {name.rpartition("/")[2]: value for name, value in static["metadata"]["annotations"].items()}
    assert (told["proxy-next-upstream"], told["proxy-next-upstream-tries"]) == ("error timeout http_404", "0")


def test_hosts_of_the_ingress_are_allowed() -> None:
    settings = of_kind("ConfigMap")["pipelines-portal"]["data"]
    assert {rule["host"] for rule in rules()} == {settings["PORTAL_HOST"], settings["API_HOST"]}
    assert settings["ALLOWED_HOSTS"] == "external-api"
