"""Reads and checks config.yaml as OMS does: YAML tags and quoted keys and values are fine."""
import os
import socket
import sys

import yaml

PATH = "/home/admin/conf/config.yaml"
REQUIRED = (
    "oms_meta_host", "oms_meta_port", "oms_meta_user", "oms_meta_password",
    "drc_rm_db", "drc_cm_db", "drc_cm_heartbeat_db",
    "cm_url", "cm_location", "cm_region", "cm_nodes",
)


class ConfigError(Exception):
    pass


def load(path=PATH):
    try:
        with open(path, encoding="utf-8") as file:
            data = yaml.safe_load(file)
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: not a mapping")
    missing = [key for key in REQUIRED if data.get(key) in (None, "", [])]
    if missing:
        raise ConfigError(f"{path}: missing: {', '.join(missing)}")
    if not isinstance(data["cm_nodes"], list):
        raise ConfigError(f"{path}: cm_nodes is not a list")
    for key in ("oms_meta_port", "cm_location"):
        try:
            data[key] = int(data[key])
        except (TypeError, ValueError):
            raise ConfigError(f"{path}: {key} is not a number") from None
    if not 0 <= data["cm_location"] <= 127:
        raise ConfigError(f"{path}: cm_location is not in 0..127")
    if "//127.0.0.1" in data["cm_url"]:
        raise ConfigError(f"{path}: cm_url must not be 127.0.0.1")
    for key in ("oms_meta_user", "oms_meta_password", "oms_meta_host"):
        data[key] = str(data[key])
    data["cm_nodes"] = [str(ip) for ip in data["cm_nodes"]]
    return data


def load_or_exit():
    try:
        return load()
    except ConfigError as error:
        sys.exit(f"config: {error}")


def host_ip():
    """Without OMS_HOST_IP OMS guesses, and guesses wrong."""
    return os.environ.get("OMS_HOST_IP") or f"127.0.1.1-{socket.gethostname()}"


def version():
    with open("/opt/omslab/version", encoding="ascii") as file:
        return file.read().strip()


def community():
    with open("/opt/omslab/edition", encoding="ascii") as file:
        return file.read().strip() == "community"


def number(text):
    """A version in an order that compares: 4.0.2 -> (4, 0, 2), and 4.2.2-CE -> (4, 2, 2)."""
    return tuple(int(part) for part in text.partition("-")[0].split("."))


# What came with which version. A new version that changes nothing needs no line here.

def knows_upgrades(own):
    """IS_UPGRADE=true is required, and holds the console back."""
    return number(own) >= (3, 3, 1)


def checks_version(own):
    """docker_init.sh reads oms_version first, and refuses what is too old."""
    return community() and (4, 2, 3) <= number(own) < (4, 2, 11)


def initializes_itself(own):
    """The container does what docker_init.sh does, on every node, and says so in its log."""
    return community() and number(own) >= (4, 2, 11)
