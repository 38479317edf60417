# Writes a manual page of a document of schema/: awk -v name=omsup-protocol -v section=7 -v about="…" -f man.awk protocol.md
# It knows what these documents use: headings, paragraphs, lists, tables, indented examples, `code`, **strong**, links.

function roff(s,    out, code, at) {
	gsub(/\\/, "\\e", s)
	while (match(s, /\[[^]]*\]\([^)]*\)/)) { # a link is its text
		at = index(substr(s, RSTART), "](")
		s = substr(s, 1, RSTART - 1) substr(s, RSTART + 1, at - 2) substr(s, RSTART + RLENGTH)
	}
	out = ""
	code = 0
	while (match(s, /`|\*\*/)) {
		out = out substr(s, 1, RSTART - 1) (code ? "\\fR" : "\\fB")
		code = !code
		s = substr(s, RSTART + RLENGTH)
	}
	out = out s
	gsub(/-/, "\\-", out)
	sub(/^[.']/, "\\\\\\&&", out)
	return out
}

function paragraph() {
	if (text != "")
		print ".PP\n" roff(text)
	text = ""
}

function item() {
	if (point != "")
		print ".IP \\(bu 2\n" roff(point)
	point = ""
}

function end() {
	paragraph()
	item()
	row = example = 0
}

function heading(macro, s) {
	end()
	print macro " \"" roff(s) "\""
}

function cells(line,    list, n, i, tag, body) {
	n = split(line, list, "|")
	for (i = 2; i < n; i++)
		gsub(/^ +| +$/, "", list[i])
	tag = list[2]
	body = ""
	for (i = 3; i < n; i++) {
		if (list[i] == "")
			continue
		if (parameters && i == 3)
			list[i] = "required"
		body = body (body == "" ? "" : "; ") list[i]
	}
	print ".TP\n" roff(tag) "\n" (body == "" ? "\\&" : roff(body))
}

BEGIN {
	print ".\\\" Written from schema/ by contrib/build/man.awk."
	print ".TH " toupper(name) " " section
	print ".nh\n.ad l"
	print ".SH NAME\n" roff(name) " \\- " about
	print ".SH DESCRIPTION"
}

/^# / { next }
/^## / { heading(".SH", toupper(substr($0, 4))); next }
/^### / { heading(".SS", substr($0, 5)); next }
/^$/ { end(); next }
/^    / {
	if (!example)
		print ".PP"
	else if ($0 !~ /^       /)
		print ".br"
	example = 1
	sub(/^ +/, "")
	print roff($0)
	next
}
/^\|/ {
	if (!row) {
		parameters = $0 ~ /^\| parameter/
	} else if (row > 1) {
		cells($0)
	}
	row++
	next
}
/^ *- / {
	paragraph()
	item()
	point = substr($0, index($0, "- ") + 2)
	next
}
{
	sub(/^ +/, "")
	if (point != "")
		point = point " " $0
	else
		text = text (text == "" ? "" : " ") $0
}
END { end(); print ".SH SEE ALSO\n.BR omsupctl (1),\n.BR omsupd (8)" }
