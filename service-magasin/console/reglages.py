"""What the console reads of the environment beside magasin's settings; the laboratory fills it in."""

from socle.config import ConfigBase, charger


class ConfigConsole(ConfigBase):
    """Empty outside the laboratory: no fault panel, no logs, no link to traces."""

    cibles_fautes: dict[str, str] = {}
    journaux_dossier: str = ""
    traces_url: str = ""


CONFIG = charger(ConfigConsole)
