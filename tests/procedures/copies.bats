#!/usr/bin/env bats
# A second copy of a backup counts only when it was read again; a rollback gets a backup from there, and believes its hash alone.

# shellcheck disable=SC2119,SC2120 # functions that take more variables when a test wants it
bats_require_minimum_version 1.5.0

load helper

setup() {
	DIR=$BATS_TEST_TMPDIR/backup
	OTHER=$(mktemp -d -p /dev/shm omsup-copies.XXXXXX) # another file system
	FILE=$DIR/job-7/rm_402.1.sql
	mkdir -p "$DIR/job-7"
	{
		printf -- '-- Table structure for table x\n-- Dumping data for table x\n'
		seq 50000
		printf -- '-- Dump completed on today\n'
	} >"$FILE"
	SIZE=$(stat -c %s "$FILE")
	SUM=$(sha256sum <"$FILE" | cut -d' ' -f1)
	{
		echo "file $FILE"
		TZ=UTC0 stat -c $'size %s\ninode %i\nmtime %y' "$FILE"
		printf 'sha256 %s\ncharset utf8mb4\njob 7\nserver me\n' "$SUM"
	} >"$FILE.ok"
	# A node: what ssh is given runs here. Where the file `away` is, nobody answers.
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/ssh" <<-EOF
		#!/bin/sh
		[ ! -e "$BATS_TEST_TMPDIR/away" ] || { echo "No route to host" >&2; exit 255; }
		while [ "\$1" != -- ]; do shift; done
		[ "\$2" = root@oms2 ] || exit 255
		exec sh -c "\$3"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/bin/ssh"
	# shellcheck disable=SC2031
	SSH=PATH=$BATS_TEST_TMPDIR/bin:$PATH
	if [ "$(id -u)" -eq 0 ]; then NODE_DIR=/var/lib/omsup-copies.$$; else NODE_DIR=$HOME/omsup-copies.$$; fi
	PLACE=$OTHER TO=$OTHER
}
teardown() { rm -rf -- "${OTHER:?}" "${NODE_DIR:?}"; }

on_a_node() { PLACE=oms2:$NODE_DIR TO=$PLACE$'\nroot@oms2\n22\n'; }
on_a_path() { PLACE=$OTHER TO=$OTHER; }

copy() { # ATTEMPT [NAME=VALUE...]
	local attempt=$1
	shift
	script backup-copy DB=rm_402 BACKUP_DIR="$DIR" COPY_TO="$TO" OMSUP_ATTEMPT="$attempt" OMSUP_TOKEN=t "$SSH" "$@"
}
check() { script backup-copy.check DB=rm_402 BACKUP_DIR="$DIR" COPY_TO="$TO" "$SSH" "$@"; }
place() { script copy-place BACKUP_DIR="$DIR" COPY_TO="$TO" "$SSH" "$@"; }
recorded() { ENV=(DB=rm_402 OMSUP_JOB=8 OMSUP_PARENT=7 COPY_TO="$TO" BACKUP_DIR="$DIR" BACKUP_FILE="$FILE" BACKUP_SIZE="$SIZE" BACKUP_SHA256="$SUM"
	BACKUP_COPY="$PLACE/job-7/rm_402.1.sql" OMSUP_ATTEMPT=1 OMSUP_TOKEN=t "$SSH"); }
fetch() { recorded && script fetch-backups "${ENV[@]}" "$@"; }
fetched() { recorded && script fetch-backups.check "${ENV[@]}" "$@"; }

@test "copied, verified, and fetched when the control host has lost it: a path, a node" {
	for where in on_a_path on_a_node; do
		$where
		run -1 check
		copy 1
		run -0 check
		echo "$output"
		[[ $output == *"omsup: fact backup.rm_402.copy $PLACE/job-7/rm_402.1.sql"* ]]
		cmp "$FILE" "${PLACE#*:}/job-7/rm_402.1.sql"
		[ "$(stat -c %a "${PLACE#*:}/job-7" "${PLACE#*:}/job-7/"* | sort -u | tr '\n' ' ')" = "600 700 " ]
		[ "$(find "${PLACE#*:}/job-7" -name '*.part' | wc -l)" -eq 0 ]

		run -0 fetched
		mv "$DIR" "$DIR.lost"
		run -1 fetched
		fetch
		run -0 fetched
		run -0 script verify-backups "${ENV[@]}"
		cmp "$FILE" "$DIR.lost/job-7/rm_402.1.sql"
		cmp "$FILE.ok" "$DIR.lost/job-7/rm_402.1.sql.ok"
		[ "$(stat -c %a "$DIR/job-7" "$FILE" | tr '\n' ' ')" = "700 600 " ]
		rm -r "$DIR"
		mv "$DIR.lost" "$DIR"
	done
}

@test "a damaged backup is kept beside the one that is fetched" {
	copy 1
	printf x | dd of="$FILE" bs=1 seek=40 conv=notrunc status=none # the same size
	cp "$FILE" "$BATS_TEST_TMPDIR/damaged"
	run -1 fetched
	fetch
	run -0 fetched
	cmp "$FILE.damaged.8.1" "$BATS_TEST_TMPDIR/damaged"
}

@test "a damaged copy is never taken for the backup, and not believed by the check" {
	copy 1
	cp "$FILE" "$BATS_TEST_TMPDIR/good"
	printf x | dd of="$OTHER/job-7/rm_402.1.sql" bs=1 seek=40 conv=notrunc status=none
	run -1 check
	[[ $output == *"has changed since"* ]]
	rm "$FILE"
	run -1 fetch
	[[ $output == *"was not taken"* ]]
	[ "$(find "$DIR/job-7" -name '*.sql*' -not -name '*.ok' | wc -l)" -eq 0 ]
	# as said: by hand
	cp "$BATS_TEST_TMPDIR/good" "$FILE"
	run -0 fetched
}

@test "what arrives otherwise than it was sent is removed; a retry copies it again" {
	printf '#!/bin/sh\nif [ $# -eq 1 ]; then exec /bin/cat "$@"; fi\n/bin/cat; echo more\n' >"$BATS_TEST_TMPDIR/bin/cat"
	chmod +x "$BATS_TEST_TMPDIR/bin/cat"
	run -1 copy 1
	[[ $output == *"the copy was removed, retry"* ]]
	run -1 check
	[ -z "$(find "$OTHER" -type f)" ]
	rm "$BATS_TEST_TMPDIR/bin/cat"
	touch "$OTHER/job-7/rm_402.1.sql.1.part" # an attempt that was cut off
	copy 2
	run -0 check
	[ ! -e "$OTHER/job-7/rm_402.1.sql.1.part" ]
}

@test "an older backup's copy, and none that is recorded" {
	copy 1
	cp "$FILE" "$DIR/job-7/rm_402.2.sql"
	sed "s/^sha256 .*/sha256 $(printf '%064d' 0)/" "$FILE.ok" >"$DIR/job-7/rm_402.2.sql.ok"
	run -1 check
	[[ $output == *"no verified copy"* ]]
	run -1 copy 2
	[[ $output == *"changed since it was written"* ]]
	rm "$FILE"
	run -1 fetch BACKUP_COPY=
	[[ $output == *"no second copy"*"$SUM"* ]]
	run -1 fetch BACKUP_FILE=
	run -1 fetched BACKUP_FILE=
}

@test "a node that is away: the check cannot tell, and a rollback says what to type" {
	on_a_node
	copy 1
	run -0 place OMSUP_JOB=9
	touch "$BATS_TEST_TMPDIR/away"
	run -2 check
	run -2 place OMSUP_JOB=9
	run -0 fetched # the backup itself is there
	rm "$FILE"
	run -1 fetch
	echo "$output"
	[[ $output == *"scp -P 22 -- root@oms2:$NODE_DIR/job-7/rm_402.1.sql $FILE"* ]]
	[ ! -e "$FILE" ]
}

@test "a path that is not mounted is not written to" {
	PLACE=$BATS_TEST_TMPDIR/nas TO=$PLACE
	run -1 place
	[[ $output == *"does not exist"* ]]
	run -1 copy 1
	run -1 copy 1 OMSUP_FORCE=1
	[ ! -e "$PLACE" ]
	mkdir "$PLACE"
	run -1 place
	[[ $output == *"same file system"* ]]
	run -1 copy 1
	[ -z "$(ls "$PLACE")" ]
	copy 2 OMSUP_FORCE=1
	run -0 check
}

@test "a place that another job has used, and one that is not ours" {
	run -0 place
	copy 1
	run -1 place
	[[ $output == *"job-7 already exists"* ]]
	rm -r "$OTHER/job-7"
	mkdir "$OTHER/elsewhere"
	ln -s elsewhere "$OTHER/job-7"
	run -1 copy 1
	[[ $output == *"symbolic link"* ]]
	on_a_node
	mkdir -p "$NODE_DIR"
	chmod 777 "$NODE_DIR"
	run -1 copy 1
	[[ $output == *"oms2: "*"not safe"* ]]
}
