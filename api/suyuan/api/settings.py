"""Settings: one table of name, default and meaning feeds the environment, the command line and the docs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from suyuan.portal.tiled.source import Datum, TileSource, is_attribution, is_template
from suyuan.trace.errors import WrongUse

Form = Literal["", "objects", "tables"]
"""How lineage is kept; empty: by how much there is."""


_MOST = 1_000_000
_PREFIX = re.compile("[0-9]{3,12}")
_ROOT = re.compile(r"https://[A-Za-z0-9._~%:;/\[\]!$&()*+=-]+")  # nothing that ends an address in a header


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting("SUYUAN_VAR", "var", "Folder of all data: the SQLite store, keys, the sample world."),
    Setting(
        "SUYUAN_DATABASE",
        "",
        "Database URL (postgresql://user:password@host/name); empty: SQLite in SUYUAN_VAR.",
    ),
    Setting("SUYUAN_HOST", "127.0.0.1", "Address the server listens on."),
    Setting("SUYUAN_PORT", "8000", "Port the server listens on."),
    Setting(
        "SUYUAN_PUBLIC_URL",
        "",
        "Where the world reaches this server, such as https://trace.example.com; goes into every printed "
        "link and tag. Needed before anything is printed or written.",
    ),
    Setting(
        "SUYUAN_INSECURE",
        "",
        "1: no credentials are asked for. Loopback addresses only; for tests of other programs.",
    ),
    Setting(
        "SUYUAN_ONE_PERSON",
        "",
        "1: one officer alone may decide upon holds and recalls (a small authority); each such decision is "
        "marked. Empty: a second person confirms.",
    ),
    Setting(
        "SUYUAN_LINEAGE",
        "",
        "How what became of things is kept in memory: objects (starts at once; a kilobyte for each thing) or "
        "tables (compact, for millions of events; compiled for some minutes at the very first start). Empty: "
        "objects up to 200,000 events and 500,000 things, else tables.",
    ),
    Setting(
        "SUYUAN_TIME_ZONE",
        "Asia/Shanghai",
        "Time zone in which a date such as a shelf life ends.",
    ),
    Setting(
        "SUYUAN_LABEL_FONT",
        "",
        "TrueType file (.ttf, .ttc) with Chinese, embedded in printed labels. Empty: WenQuanYi Micro Hei and "
        "others are looked for where systems keep them.",
    ),
    Setting(
        "SUYUAN_LABEL_KEYS",
        "",
        "File of the keys that mark and sign labels; made by: suyuan label keys FILE. Empty: labels bear no "
        "marks, and those that went out with some cannot be checked.",
    ),
    Setting(
        "SUYUAN_SUN_KEYS",
        "",
        "File of the master keys of tags that sign each tap; made by: suyuan tag keys FILE. Empty: taps "
        "cannot be checked.",
    ),
    Setting(
        "SUYUAN_TRUSTED_PROXY",
        "",
        "Addresses or networks of reverse proxies, joined by commas: from them alone X-Forwarded-For tells "
        "who is asking. Empty: nobody's word is taken.",
    ),
    Setting(
        "SUYUAN_TLS_CERTIFICATE",
        "",
        "PEM file of the certificate chain with which the server itself speaks TLS, for who has no reverse "
        "proxy. Empty: it speaks plain HTTP, to a proxy on the same machine.",
    ),
    Setting("SUYUAN_TLS_KEY", "", "PEM file of the private key of that certificate."),
    Setting(
        "SUYUAN_SCAN_DAYS",
        "180",
        "For how many days scans of codes are kept one by one; of older ones their number per code remains.",
    ),
    Setting(
        "SUYUAN_SCAN_LIMIT",
        "12000",
        "How many codes may be asked for in a minute from one address (IPv4) or network (IPv6, 56 bits), "
        "whatever they are; 0: any number. Codes that nobody gave out have limits of their own.",
    ),
    Setting(
        "SUYUAN_HANDLED_BY",
        "",
        "Resolvers of other companies' codes, such as 9506000=https://id.brand.example, joined by commas: "
        "codes under that company prefix of which nothing is on record here are sent there.",
    ),
    Setting(
        "SUYUAN_RECEIVERS",
        "",
        "Networks beyond the public internet to which subscriptions may send, such as 10.0.0.0/24, joined by "
        "commas; there without TLS too. Empty: public addresses over HTTPS only.",
    ),
    Setting(
        "SUYUAN_MAP_TILES",
        "",
        "Where pictures of a map are that you may show to the public, such as "
        "https://maps.example.cn/{z}/{x}/{y}.png or a path of this host. The pages of goods then lead to a "
        "map, and whoever opens it is seen by that server. Empty: there is no map.",
    ),
    Setting(
        "SUYUAN_MAP_ATTRIBUTION",
        "",
        "Whose map it is with the number of its approval, such as © Example Maps, 审图号：GS（2026）0000号; "
        "stands below every map. Needed with SUYUAN_MAP_TILES.",
    ),
    Setting(
        "SUYUAN_MAP_DATUM",
        "wgs84",
        "In which datum that map is drawn: wgs84 (also CGCS2000), or gcj02 with the shift of public maps in "
        "China.",
    ),
)


class PublicUrlMissing(WrongUse):
    """Something would be printed or written on a tag, but nobody has said under which address it is found."""

    code = "public-url-missing"
    title = "The public address of this platform is not set"


class SettingInvalid(WrongUse):
    """A setting has a value that cannot be used."""

    code = "setting-invalid"
    title = "A setting is wrong"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server runs with. ``database`` is a URL or the path of a SQLite file."""

    var: Path
    database: str
    host: str
    port: int
    public_url: str
    public_url_given: bool
    insecure: bool
    time_zone: str
    one_person: bool = False
    trusted_proxies: tuple[str, ...] = ()
    label_font: Path | None = None
    label_keys: Path | None = None
    sun_keys: Path | None = None
    receivers: tuple[str, ...] = ()
    lineage: Form = ""
    scan_days: int = 180
    scan_limit: int = 12_000
    handled_by: Mapping[str, str] = field(default_factory=dict[str, str])
    """Company prefix -> root of the resolver that answers for its codes."""
    tiles: TileSource | None = None
    tls: tuple[Path, Path] | None = None
    """Files of the certificate and of its key, where the server itself speaks TLS."""

    def printed_url(self) -> str:
        """The public address, for what is printed or written on a tag and cannot be taken back.

        Raises:
            PublicUrlMissing: it was not given; a guess must not be printed.
        """
        if not self.public_url_given:
            raise PublicUrlMissing(
                "Links on labels and tags need the address at which people reach this platform",
                where="SUYUAN_PUBLIC_URL",
                remedy="Set SUYUAN_PUBLIC_URL, such as https://trace.example.com, and start the server anew.",
            )
        return self.public_url

    @property
    def secure_cookies(self) -> bool:
        """Whether the world reaches us over TLS."""
        return self.public_url.startswith("https://")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of this environment.

    Raises:
        SettingInvalid: naming the variable, its value and what is allowed.
    """
    values = {setting.name: environ.get(setting.name, "") or setting.default for setting in SETTINGS}
    var = Path(values["SUYUAN_VAR"])
    host = values["SUYUAN_HOST"]
    port = _port(values["SUYUAN_PORT"])
    insecure = values["SUYUAN_INSECURE"] == "1"
    if insecure and not is_loopback(host):
        raise SettingInvalid(
            "Without credentials the server listens on loopback only, not on {host}",
            where="SUYUAN_HOST",
            host=host,
            remedy="Use 127.0.0.1 or ::1, or leave --insecure away.",
        )
    tls = _tls(values["SUYUAN_TLS_CERTIFICATE"], values["SUYUAN_TLS_KEY"])
    scheme = "https" if tls else "http"
    public_url = values["SUYUAN_PUBLIC_URL"].rstrip("/") or f"{scheme}://{_in_url(host)}:{port}"
    if not _is_web_address(public_url):
        raise SettingInvalid(
            "{value} is not a web address",
            where="SUYUAN_PUBLIC_URL",
            value=public_url,
            remedy="Give it as https://host or http://host:port.",
        )
    try:
        ZoneInfo(values["SUYUAN_TIME_ZONE"])
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingInvalid(
            "There is no time zone {value}",
            where="SUYUAN_TIME_ZONE",
            value=values["SUYUAN_TIME_ZONE"],
            remedy="Give it as Asia/Shanghai.",
        ) from error
    return Settings(
        var=var,
        database=values["SUYUAN_DATABASE"] or str(var / "suyuan.db"),
        host=host,
        port=port,
        public_url=public_url,
        public_url_given=bool(values["SUYUAN_PUBLIC_URL"]),
        insecure=insecure,
        time_zone=values["SUYUAN_TIME_ZONE"],
        one_person=values["SUYUAN_ONE_PERSON"] == "1",
        trusted_proxies=_networks("SUYUAN_TRUSTED_PROXY", values["SUYUAN_TRUSTED_PROXY"]),
        label_font=_path(values["SUYUAN_LABEL_FONT"]),
        label_keys=_path(values["SUYUAN_LABEL_KEYS"]),
        sun_keys=_path(values["SUYUAN_SUN_KEYS"]),
        receivers=_networks("SUYUAN_RECEIVERS", values["SUYUAN_RECEIVERS"]),
        lineage=_form(values["SUYUAN_LINEAGE"]),
        scan_days=_number("SUYUAN_SCAN_DAYS", values["SUYUAN_SCAN_DAYS"], least=1),
        scan_limit=_number("SUYUAN_SCAN_LIMIT", values["SUYUAN_SCAN_LIMIT"], least=0),
        handled_by=_handlers(values["SUYUAN_HANDLED_BY"], public_url),
        tiles=_tiles(values, over_tls=public_url.startswith("https://")),
        tls=tls,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _networks(name: str, value: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in value.split(",") if part.strip())
    for part in found:
        try:
            ipaddress.ip_network(part)
        except ValueError as error:
            raise SettingInvalid(
                "{value} is not an address or network",
                where=name,
                value=part,
                remedy="Give addresses such as 127.0.0.1 or networks such as 10.0.0.0/24, joined by commas.",
            ) from error
    return found


def _handlers(value: str, public_url: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, value.split(","))):
        prefix, _, root = part.partition("=")
        if not _PREFIX.fullmatch(prefix) or not _is_root(root) or prefix in found:
            raise SettingInvalid(
                "{value} does not say which resolver answers for which company prefix",
                where="SUYUAN_HANDLED_BY",
                value=part,
                remedy="Give each prefix once, in 3 to 12 digits, with the address of a resolver over HTTPS, "
                "such as 9506000=https://id.brand.example.",
            )
        if urlsplit(root).hostname == urlsplit(public_url).hostname:
            raise SettingInvalid(
                "{value} would send codes from this platform to itself",
                where="SUYUAN_HANDLED_BY",
                value=part,
                remedy="Leave it out: codes that nobody else answers for are answered here.",
            )
        found[prefix] = root.rstrip("/")
    return found


def _tiles(values: Mapping[str, str], *, over_tls: bool) -> TileSource | None:
    template, attribution = values["SUYUAN_MAP_TILES"], values["SUYUAN_MAP_ATTRIBUTION"]
    if not template:
        return None
    if not is_template(template, over_tls=over_tls):
        raise SettingInvalid(
            "{value} is not the address of map tiles",
            where="SUYUAN_MAP_TILES",
            value=template,
            remedy="Give a path of this host, or an address over HTTPS, with {z}, {x} and {y} once each "
            "behind the host, such as https://maps.example.cn/{z}/{x}/{y}.png.",
        )
    if not is_attribution(attribution):
        raise SettingInvalid(
            "A map is shown with whose it is and the number of its approval (审图号), not with {value}",
            where="SUYUAN_MAP_ATTRIBUTION",
            value=attribution or "-",
            remedy="Give both as the licence of the map says, such as: © Example Maps, "
            "审图号：GS（2026）0000号.",
        )
    datum = next((one for one in get_args(Datum) if one == values["SUYUAN_MAP_DATUM"]), None)
    if datum is None:
        raise SettingInvalid(
            "Maps are not drawn in {value}",
            where="SUYUAN_MAP_DATUM",
            value=values["SUYUAN_MAP_DATUM"],
            remedy="Use wgs84, which is right for CGCS2000 too, or gcj02.",
        )
    return TileSource(template, attribution, datum)


def _is_root(value: str) -> bool:
    """Whether paths of Digital Links can be put behind an address."""
    return _ROOT.fullmatch(value) is not None and _is_web_address(value)


def _path(value: str) -> Path | None:
    return Path(value) if value else None


def _form(value: str) -> Form:
    for form in get_args(Form):
        if value == form:
            return cast("Form", form)
    raise SettingInvalid(
        "Lineage is not kept as {value}",
        where="SUYUAN_LINEAGE",
        value=value,
        remedy="Use objects or tables, or leave it empty.",
    )


def _number(name: str, value: str, *, least: int) -> int:
    if not value.isascii() or not value.isdigit() or not least <= int(value[:10]) <= _MOST:
        raise SettingInvalid(
            "{value} is not a number from {least} to {most}",
            where=name,
            value=value,
            least=least,
            most=_MOST,
            remedy="Give it in digits.",
        )
    return int(value)


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 1 << 16:
        raise SettingInvalid(
            "{value} is not a port", where="SUYUAN_PORT", value=value, remedy="Give a number from 1 to 65535."
        )
    return int(value)


def _tls(certificate: str, key: str) -> tuple[Path, Path] | None:
    if bool(certificate) != bool(key):
        raise SettingInvalid(
            "A certificate needs its key, and a key its certificate",
            where="SUYUAN_TLS_KEY" if certificate else "SUYUAN_TLS_CERTIFICATE",
            remedy="Set SUYUAN_TLS_CERTIFICATE and SUYUAN_TLS_KEY, or neither.",
        )
    return (Path(certificate), Path(key)) if certificate else None


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:  # an unclosed bracket, a port beyond 65535
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
