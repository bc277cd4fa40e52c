"""All settings of one installation: ``dajing.toml`` in the data directory plus ``DAJING_*`` in the environment."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

REPOSITORY = Path(__file__).resolve().parents[3]


class Settings(BaseSettings):
    """Every setting with its meaning; the reference page is generated from these descriptions."""

    model_config = SettingsConfigDict(env_prefix="DAJING_", toml_file="dajing.toml", extra="forbid")

    city: str = Field("zhangjiakou", description="Folder name of the city pack.")
    cities: Path | None = Field(None, description="Folder that holds the city packs; by default the shipped one.")
    demo: Literal["none", "small", "full"] = Field("small", description="How much synthetic data to load.")
    data: Path | None = Field(None, description="Data directory; by default .dajing/demo or .dajing/real.")
    host: str = Field("127.0.0.1", description="Address that the people's port listens on.")
    port: int = Field(8600, description="The people's port.")
    machine_host: str = Field("127.0.0.1", description="Address that the machine port listens on.")
    machine_port: int = Field(0, description="The machine port, for devices and systems; 0 is the people's port + 1.")
    may_call: str = Field(
        "",
        description="Private hosts or networks (with commas: 10.2.0.0/16, gis.city.lan) that notifications and "
        "@contexts may reach; public addresses always may, loopback and private ones only if named here.",
    )
    public_url: str = Field("", description="Address under which people reach the centre, for links in messages.")
    rows: str = Field("", description="URL of the row store; by default rows.db in the data directory.")
    live: str = Field("", description="URL of the live city's store; by default live.db in the data directory.")
    bus: str = Field("", description="URL of the bus (nats://…); by default in-process consumers of the outbox.")
    analytics: str = Field("duckdb://", description="Engine of measures: duckdb:// or sc://host:port (Spark Connect).")
    history: str = Field("", description="Iceberg warehouse URL; by default history/ in the data directory.")
    upload_limit_mb: int = Field(20, description="Largest file a department may upload, in MiB.")
    outgoing_hosts: list[str] = Field([], description="Hosts that messages may be sent to; nothing else is ever asked.")
    notify_mail: str = Field("", description="Mail server: smtp[s]://user:password@host:port/?from=address[&tls=1].")
    notify_sms: str = Field("", description="SMS gateway that takes JSON by POST: https://…; token as #fragment.")
    notify_wecom: str = Field("", description="Webhook of a 企业微信/政务微信 group robot: https://…/send?key=….")
    scanner: str = Field("", description="Scanner of uploaded files: clamd://host:port or clamd:///socket; else none.")
    log: Literal["console", "json"] = Field("console", description="Form of the log lines.")
    oidc_issuer: str = Field("", description="Issuer of the city's identity provider (OpenID Connect); else none.")
    oidc_client: str = Field("", description="What the provider knows this installation by (client id).")
    oidc_secret: SecretStr = Field(SecretStr(""), description="The client's secret at the provider; better as a file.")
    oidc_secret_file: Path | None = Field(None, description="File that holds the client's secret.")
    oidc_claim: str = Field("preferred_username", description="Claim that holds the login of an account here.")
    oidc_title: str = Field("", description="What the sign-in page calls the provider; by default 统一身份认证.")
    secret_key: str = Field("", description="Signs sessions; by default generated once in the data directory.")

    @classmethod
    def settings_customise_sources(  # noqa: D102 - documented by pydantic-settings
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def data_dir(self) -> Path:
        """The data directory; synthetic and real data never share one."""
        return (self.data or Path(".dajing") / ("real" if self.demo == "none" else "demo")).resolve()

    @property
    def machine(self) -> int:
        """The machine port in use."""
        return self.machine_port or self.port + 1

    @property
    def synthetic(self) -> bool:
        """Whether this installation holds synthetic data, so that every page and file must say so."""
        return self.demo != "none"

    @property
    def cities_dir(self) -> Path:
        """Where city packs are: the setting, else the checkout's ``cities/``, else the packaged copy."""
        if self.cities is not None:
            return self.cities
        checkout = REPOSITORY / "cities"
        return checkout if checkout.is_dir() else Path(__file__).resolve().parents[1] / "_cities"

    @property
    def city_dir(self) -> Path:
        """Folder of the configured city pack."""
        return self.cities_dir / self.city


@functools.cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
