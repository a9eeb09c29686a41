"""The forge of a constraint's repository, as the operator's configuration knows its host. Pure."""

from urllib.parse import urlsplit

from setpoint.api.configuration import Configuration, ForgeHost
from setpoint.api.forge import Hosting
from setpoint.api.resource import ClusterSource
from setpoint.kube.repair.pods import ORDER_FOLDER, TOKEN_FOLDER, TOKEN_KEY

CERTIFICATES_FILE = "certificates.pem"


def hosting_of(source: ClusterSource, configuration: Configuration) -> Hosting:
    """Where the repository is, and of what kind its host is. Raises ValidationError for what cannot be reached."""
    known = _known(source.repository, configuration)
    kind = known.kind if known else ("github" if _host(source.repository) == "github.com" else "git")
    return Hosting(
        kind=kind,
        repository=source.repository,
        api=known.api if known else None,
        token_file=f"{TOKEN_FOLDER}/{TOKEN_KEY}" if source.secret_ref else None,
        ca_file=f"{ORDER_FOLDER}/{CERTIFICATES_FILE}" if known and known.certificates else None,
        plain_http=bool(known and known.plain_http),
    )


def trusted(hosting: Hosting, configuration: Configuration) -> dict[str, str]:
    """What lies beside an order that wants to reach the host: the certificates that it is to be known by, if any."""
    known = _known(hosting.repository, configuration)
    return {CERTIFICATES_FILE: known.certificates} if known and known.certificates else {}


def _host(repository: str) -> str:
    return urlsplit(repository).netloc.lower()


def _known(repository: str, configuration: Configuration) -> ForgeHost | None:
    return configuration.forges.get(_host(repository))
