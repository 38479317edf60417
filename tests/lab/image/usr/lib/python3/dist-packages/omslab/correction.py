"""The correction package for sources before V4.0.2: once on one node of each region, -ltrue for the last."""
import os
import subprocess
import sys

import pymysql

from . import config, db, hook

JAR = "correction-1.0-SNAPSHOT-jar-with-dependencies.jar"
USAGE = f"usage: java -jar {JAR} -mupgrade -y/home/admin/conf/config.yaml -ltrue|-lfalse"


def arguments(argv):
    if len(argv) != 5 or argv[0] != "-jar" or os.path.basename(argv[1]) != JAR:
        sys.exit(USAGE)
    if not os.path.exists(argv[1]):
        sys.exit(f"Error: Unable to access jarfile {argv[1]}")
    if argv[2].lower() != "-mupgrade" or not argv[3].startswith("-y/") or argv[4] not in ("-ltrue", "-lfalse"):
        sys.exit(USAGE)
    return argv[3][2:], argv[4] == "-ltrue"


def refuse_wrong_use(meta, own, location, last):
    source = meta.schema(meta.rm)[0]
    if config.number(source) >= (4, 0, 2):
        sys.exit(f"correction: the metadata is of V{source}: nothing to correct")
    alive = meta.consoles(source, own)
    if alive:
        sys.exit(f"correction: the console is running on {', '.join(alive)}")
    for program in ("oms_drc_cm", "oms_drc_supervisor"):
        status = subprocess.run(("supervisorctl", "status", program), stdout=subprocess.PIPE, text=True, check=False)
        if " RUNNING " not in status.stdout:
            sys.exit(f"correction: {program} is not running")
    done = meta.run(f"SELECT cm_location, last FROM `{meta.rm}`.correction_run ORDER BY id")
    if any(row[1] for row in done):
        sys.exit("correction: the last region has been corrected already")
    if location in {row[0] for row in done}:
        sys.exit(f"correction: region {location} has been corrected already")
    regions = {row[0] for row in meta.run(f"SELECT code FROM `{meta.rm}`.cluster_info")}
    if last != (regions == {row[0] for row in done} | {location}):
        sys.exit("correction: -l does not fit: true is for the last region only")


def main():
    path, last = arguments(sys.argv[1:])
    hook.note(f"correction -l{'true' if last else 'false'}")
    hook.point(f"correction -l{'true' if last else 'false'}")
    try:
        data = config.load(path)
        meta = db.Meta(data).connect()
        meta.run(f"CREATE TABLE IF NOT EXISTS `{meta.rm}`.correction_run (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                 " cm_location int NOT NULL, host_ip varchar(64) NOT NULL, last tinyint(1) NOT NULL, finished datetime NOT NULL)")
        refuse_wrong_use(meta, config.version(), data["cm_location"], last)
        meta.run(f"INSERT INTO `{meta.rm}`.correction_run (cm_location, host_ip, last, finished) VALUES (%s, %s, %s, NOW())",
                 data["cm_location"], config.host_ip(), last)
    except (config.ConfigError, pymysql.err.Error, LookupError) as error:
        sys.exit(f"correction: {error}")
    hook.note("correction done")
    print("correction finished")


if __name__ == "__main__":
    main()
