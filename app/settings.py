"""Every option: name, type, default, help. Read once from the environment (prefix KEFU_), then frozen."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import SettingsError

SUPERVISOR_CODE = re.compile(r"[!-~]{8,128}")  # it travels in a header, which carries plain ASCII only
_PACKAGE = Path(__file__).resolve().parent


def shipped_content() -> Path:
    """Return the folder of scripts_library/, knowledge/ and index/: the checkout, else the installed wheel's."""
    checkout = _PACKAGE.parent
    return checkout if (checkout / "knowledge").is_dir() else _PACKAGE / "content"


class Settings(BaseSettings):
    """The options of one process. docs/settings.md is checked against this class."""

    model_config = SettingsConfigDict(env_prefix="KEFU_", frozen=True, extra="ignore", hide_input_in_errors=True)

    host: str = Field("127.0.0.1", description="Address to listen on; anything but loopback needs an account")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one")
    content_dir: Path = Field(
        default_factory=shipped_content, description="Folder with scripts_library/, knowledge/ and index/"
    )
    data_dir: Path = Field(Path("var"), description="Everything written at run time")
    database_url: str = Field("", description="SQLAlchemy URL; empty means SQLite in the data directory")
    encoder: str = Field("bundled", description="bundled, a folder, or a sentence-transformers model name")
    timezone: str = Field("Asia/Shanghai", description="Clock of the shop, for concrete times in replies")
    shop_opens: int = Field(9, ge=0, le=23, description="Hour the shop starts answering; night promises use it")
    shop_closes: int = Field(22, ge=1, le=24, description="Hour the shop stops answering")
    answer_hours: int = Field(4, ge=1, le=24, description="Hours until a result is promised with {deadline}")
    callback_hours: int = Field(2, ge=1, le=24, description="Hours until a supervisor calls back, {callback}")
    refund_period: str = Field("1到3个工作日", description="How long money takes back to the payer, {refund_period}")
    compensation: str = Field("", description="What agents may offer, for {compensation}; empty: not offered")
    mode_315: bool = Field(False, description="Stricter check around 15 March, as overlays/315.yaml says")
    max_body_bytes: int = Field(262_144, ge=1024, description="Largest request body")
    supervisor_code: SecretStr = Field(
        SecretStr(""), description="Code with which a supervisor releases a blocked draft; empty: nobody can"
    )
    poll_seconds: float = Field(0.25, gt=0, le=5, description="How often a worker looks for scripts others published")
    log_level: str = Field("info", description="Log level of the server")

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"不认识的时区 {value}") from error
        return value

    @field_validator("supervisor_code")
    @classmethod
    def _code(cls, value: SecretStr) -> SecretStr:
        code = value.get_secret_value()
        if code and not SUPERVISOR_CODE.fullmatch(code):
            raise ValueError("主管码应为 8–128 个英文字母、数字或符号，不含空格")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'kefu.sqlite3'}"

    @property
    def index_dir(self) -> Path:
        """Where the search index is kept: rebuilt when stale, so it belongs to the data directory."""
        return self.data_dir / "index"


def load(**overrides: object) -> Settings:
    """Read the settings; `overrides` win. Raises SettingsError naming each unusable one."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        rows = [f"KEFU_{'.'.join(str(p) for p in e['loc']).upper()}: {e['msg']}" for e in error.errors()]
        raise SettingsError("设置无法使用——" + ";".join(rows)) from error
