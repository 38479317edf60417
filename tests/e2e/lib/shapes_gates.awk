# Puts a gate after each step that is named in `after` (a regular expression for "upgrade STEP" or "rollback STEP").
# A step that has a `when` hands it to its gate.
function end_step() {
	if (id != "" && (section " " id) ~ after) {
		print "  - step: after-" id
		print "    title: Wait behind " id
		if (when != "") print "    when: " when
		print "    gate: " id " is done"
		print ""
	}
	id = ""; when = ""
}
/^[a-z]+:/ { end_step(); section = $1 == "steps:" ? "upgrade" : $1 == "rollback:" ? "rollback" : "" }
/^  - step: / && section != "" { end_step(); id = $3 }
/^  - part: / { end_step() }
/^    when: / && id != "" { when = $0; sub(/^    when: /, "", when) }
{ print }
END { end_step() }
