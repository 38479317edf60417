"""What an upgrade changes in each of the three databases. Real statements: run twice, they fail."""

CHANGES = {
    "rm": (
        "ALTER TABLE oms_project ADD COLUMN owner_group varchar(64) NULL",
        "ALTER TABLE oms_sync_project ADD COLUMN owner_group varchar(64) NULL",
        "ALTER TABLE oms_normal_config ADD COLUMN module varchar(64) NULL",
        "ALTER TABLE ocp_info ADD COLUMN ocp_proxy_host varchar(128) NOT NULL DEFAULT ''",
        "CREATE TABLE oms_ticket_lock (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(64) NOT NULL UNIQUE)",
        "UPDATE oms_normal_config SET module = 'HA' WHERE cfg_name = 'ha.config'",
    ),
    "cm": (
        "ALTER TABLE host ADD COLUMN zone varchar(64) NULL",
        "ALTER TABLE config_job ADD COLUMN gmt_modified datetime NULL",
    ),
    "cm_hb": (
        "ALTER TABLE heart_beat ADD COLUMN cost_ms int NULL",
        "ALTER TABLE heatbeat_sequence ADD COLUMN source varchar(32) NULL",
    ),
}
