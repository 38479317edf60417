"""What an upgrade changes in each of the three databases. Real statements: run twice, they fail."""

# Each version has columns and tables of its own (%s is its number), so that upgrades can follow one another.
CHANGES = {
    "rm": (
        "ALTER TABLE oms_project ADD COLUMN owner_group_%s varchar(64) NULL",
        "ALTER TABLE oms_sync_project ADD COLUMN owner_group_%s varchar(64) NULL",
        "ALTER TABLE oms_normal_config ADD COLUMN module_%s varchar(64) NULL",
        "ALTER TABLE ocp_info ADD COLUMN ocp_proxy_host_%s varchar(128) NOT NULL DEFAULT ''",
        "CREATE TABLE oms_ticket_lock_%s (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(64) NOT NULL UNIQUE)",
        "UPDATE oms_normal_config SET module_%s = 'HA' WHERE cfg_name = 'ha.config'",
    ),
    "cm": (
        "ALTER TABLE host ADD COLUMN zone_%s varchar(64) NULL",
        "ALTER TABLE config_job ADD COLUMN gmt_modified_%s datetime NULL",
    ),
    "cm_hb": (
        "ALTER TABLE heart_beat ADD COLUMN cost_ms_%s int NULL",
        "ALTER TABLE heatbeat_sequence ADD COLUMN source_%s varchar(32) NULL",
    ),
}


def changes(kind, version):
    return [change % version.replace(".", "") for change in CHANGES[kind]]
