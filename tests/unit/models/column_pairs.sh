#!/bin/sh
# column_pairs.sh: a value that fits its column compiles without a warning, one that does not fit does not compile, for
# every pair of a column's type and a value's. Two files are written with one case a line: the compiler must say nothing
# about the first, and name every line of the second as an error. CC is the compiler.
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cc=${CC:-cc}

scalars="bool i16 i32 i64 f32 f64 numeric text bytea date clock time timestamp interval uuid inet json json_text"
arrays=$(for item in $scalars; do echo "${item}_array"; done)
columns="$scalars "$(echo $arrays)

# key, C type: what a member or a variable may be
types="bool:bool i8:int8_t u8:uint8_t i16:int16_t u16:uint16_t i32:int32_t u32:uint32_t i64:int64_t u64:uint64_t
longlong:long@long char:char float:float f64:double longdouble:long@double numeric:weir_numeric text:const@char@*
chars:char@* time:weir_time timestamp:weir_timestamp uuid:weir_uuid json:weir_json void:void@* ints:int@*
opt_bool:weir_opt_bool opt_i16:weir_opt_i16 opt_i32:weir_opt_i32 opt_i64:weir_opt_i64 opt_f64:weir_opt_f64
opt_time:weir_opt_time opt_timestamp:weir_opt_timestamp opt_uuid:weir_opt_uuid condition:weir_condition
bytea:weir_bytea date:weir_date clock:weir_clock interval:weir_interval inet:weir_inet json_text:weir_json_text
opt_f32:weir_opt_f32 opt_date:weir_opt_date opt_clock:weir_opt_clock opt_interval:weir_opt_interval
opt_inet:weir_opt_inet $(for array in $arrays; do echo "$array:weir_$array"; done)"

integers="i8 u8 i16 u16 i32 u32 i64 longlong opt_i16 opt_i32 opt_i64"

numbers="i16 i32 i64 f32 f64 numeric"

# What may be a parameter of SQL by hand.
params="bool i8 u8 i16 u16 i32 u32 i64 longlong float f64 numeric text chars time timestamp uuid json void
opt_bool opt_i16 opt_i32 opt_i64 opt_f64 opt_time opt_timestamp opt_uuid bytea date clock interval inet json_text opt_f32
opt_date opt_clock opt_interval opt_inet $arrays"
params=$(echo $params)

# What may be compared with a column.
values_of() {
	case $1 in
	bool) echo bool i32 opt_bool ;; # stdbool's true is an int
	i16 | i32 | i64) echo "$integers" ;;
	f64) echo i32 float f64 opt_f64 ;;
	f32) echo float opt_f32 ;;
	json_text | json_array | json_text_array) ;; # PostgreSQL has no equality for json; of jsonb[] nobody asked
	numeric | json | bytea | *_array) echo "$1" ;;
	text) echo text chars void ;; # NULL is a void *
	*) echo "$1 opt_$1" ;;
	esac
}

# Arrays of what weir_in takes for a column.
items_of() {
	case $1 in
	text) echo text chars ;;
	json | json_text | *_array) ;;
	f32) echo float ;;
	*) echo "$1" ;;
	esac
}

# The members that a column's handle is for.
members_of() {
	case $1 in
	f32) echo float opt_f32 ;;
	numeric | text | json | bytea | json_text | *_array) echo "$1" ;;
	*) echo "$1 opt_$1" ;;
	esac
}

# What weir_has takes for a column: what its items are compared with.
item_values_of() {
	case $1 in
	json_array | json_text_array) ;;
	*_array) values_of "${1%_array}" ;;
	esac
}

# Arrays of what weir_has_all and its like take.
item_items_of() {
	case $1 in *_array) items_of "${1%_array}" ;; esac
}

# list contains word
contains() {
	case " $1 " in *" $2 "*) return 0 ;; esac
	return 1
}

# Puts a case into the file it belongs to: fits yes|no, text. Each case is one line.
number=0
put() {
	number=$((number + 1))
	if [ "$1" = yes ]; then
		printf '%s\n' "$2" >&3
	else
		printf '%s\n' "$2" >&4
	fi
}

fits() { if contains "$1" "$2"; then echo yes; else echo no; fi; }

# What both files begin with: a struct with a member of each type, variables, arrays and handles.
preamble() {
	echo '#include <weir/sql.h>'
	echo '#include <weir/writing.h>'
	echo 'typedef struct row {'
	for type in $types; do
		echo "${type#*:} m_${type%%:*};" | tr '@' ' '
	done
	echo '} row;'
	echo 'extern const weir_model row_model;'
	for type in $types; do
		echo "extern ${type#*:} v_${type%%:*}, a_${type%%:*}[2];" | tr '@' ' ' | sed 's/\* v_\(.*\), a_/*v_\1, *a_/'
	done
	for column in $columns; do
		echo "extern weir_${column}_column c_$column;"
	done
}

cases() {
	for column in $columns; do
		upper=$(echo "$column" | tr '[:lower:]' '[:upper:]')
		values=$(values_of "$column") items=$(items_of "$column") members=$(members_of "$column")
		item_values=$(item_values_of "$column") item_items=$(item_items_of "$column")
		ops="eq ne lt le gt ge"
		case $column in *_array) ops="eq lt" ;; esac
		for type in $types; do
			key=${type%%:*}
			n="$column"_"$key"
			fit=$(fits "$values" "$key")
			for op in $ops; do
				put "$fit" "weir_condition ${op}_$n(void); weir_condition ${op}_$n(void) { return weir_$op(c_$column, v_$key); }"
			done
			put "$fit" "weir_condition bt_$n(void); weir_condition bt_$n(void) { return weir_between(c_$column, v_$key, v_$key); }"
			contains "$numbers" "$column" || fit=no
			put "$fit" "weir_increment by_$n(void); weir_increment by_$n(void) { return weir_by(c_$column, v_$key); }"
			fit=$(fits "$items" "$key")
			put "$fit" "weir_condition in_$n(void); weir_condition in_$n(void) { return weir_in(c_$column, a_$key, 2); }"
			fit=$(fits "$item_values" "$key")
			put "$fit" "weir_condition has_$n(void); weir_condition has_$n(void) { return weir_has(c_$column, v_$key); }"
			fit=$(fits "$item_items" "$key")
			put "$fit" "weir_condition all_$n(void); weir_condition all_$n(void) { return weir_has_all(c_$column, a_$key, 2); }"
			fit=$(fits "$members" "$key")
			case $column in
			*_array) handle="WEIR_ARRAY_COLUMN(${column%_array}, row, m_$key)" ;;
			*) handle="WEIR_${upper}_COLUMN(row, m_$key)" ;;
			esac
			put "$fit" "extern weir_${column}_column h_$n; weir_${column}_column h_$n = $handle;"
		done
		fit=$(fits text "$column")
		for op in like ilike contains starts_with ends_with icontains istarts_with iends_with; do
			put "$fit" "weir_condition ${op}_$column(void); weir_condition ${op}_$column(void) { return weir_$op(c_$column, \"x\"); }"
		done
		fit=$(fits json "$column")
		put "$fit" "weir_condition jc_$column(void); weir_condition jc_$column(void) { return weir_json_contains(c_$column, v_json); }"
		put "$fit" "weir_condition jk_$column(void); weir_condition jk_$column(void) { return weir_json_has_key(c_$column, \"k\"); }"
		put "$fit" "weir_condition ja_$column(void); weir_condition ja_$column(void) { return weir_json_at(c_$column, \"x\", \"a\"); }"
		put yes "weir_condition null_$column(void); weir_condition null_$column(void) { return weir_is_null(c_$column); }"
	done
	members="$columns float opt_bool opt_i16 opt_i32 opt_i64 opt_f64 opt_time opt_timestamp opt_uuid opt_f32 opt_date opt_clock
opt_interval opt_inet"
	members=$(echo $members)
	for type in $types; do
		key=${type%%:*}
		put "$(fits "$members" "$key")" "extern weir_field f_$key; weir_field f_$key = WEIR_FIELD(row, m_$key, .unique = true);"
	done
	for type in $types; do
		key=${type%%:*}
		put "$(fits "$params" "$key")" "weir_param p_$key(void); weir_param p_$key(void) { return WEIR_PARAMS(1, v_$key).items[1]; }"
	done
	put yes 'weir_sql sql_literal(void); weir_sql sql_literal(void) { return WEIR_SQL("SELECT " "1"); }'
	put no 'weir_sql sql_text(void); weir_sql sql_text(void) { return WEIR_SQL(v_text); }'
	put no 'weir_sql sql_array(void); weir_sql sql_array(void) { static const char a[] = "SELECT 1"; return WEIR_SQL(a); }'
	put yes 'size_t set_two(void); size_t set_two(void) { return WEIR_SET(row, m_i32, m_text).count; }'
	put no 'size_t set_none(void); size_t set_none(void) { return WEIR_SET(row, m_i32, m_unknown).count; }'
	put no 'extern weir_field f_unknown; weir_field f_unknown = WEIR_FIELD(row, m_unknown);'
	put no 'weir_condition no_column(void); weir_condition no_column(void) { return weir_eq(v_i32, 1); }'
}

preamble >"$dir/fit.c"
preamble >"$dir/misfit.c"
start=$(wc -l <"$dir/misfit.c")
exec 3>>"$dir/fit.c" 4>>"$dir/misfit.c"
cases
exec 3>&- 4>&-

# Where an error is in a macro, the line that uses it is wanted; gcc has to be told.
options="-std=c11 -fsyntax-only -I$root/include"
if "$cc" -ftrack-macro-expansion=0 -x c -fsyntax-only /dev/null 2>/dev/null; then
	unlimited="-ftrack-macro-expansion=0 -fmax-errors=0 -fno-diagnostics-show-caret"
else
	unlimited="-ferror-limit=0 -fno-caret-diagnostics"
fi

wrong=0
# shellcheck disable=SC2086 # options are words
"$cc" $options -Wall -Wextra -Wconversion -Werror "$dir/fit.c" || {
	echo "column_pairs: what fits does not compile cleanly" >&2
	wrong=1
}
# shellcheck disable=SC2086
LC_ALL=C "$cc" $options $unlimited "$dir/misfit.c" 2>"$dir/errors" && true
sed -n 's/^[^ ]*misfit\.c:\([0-9]*\):[0-9]*: error: .*/\1/p' "$dir/errors" | sort -u >"$dir/lines"
awk -v start="$start" 'NR == FNR { error[$1] = 1; next }
	FNR <= start && (FNR in error) { print "column_pairs: no case, but an error: " $0; wrong = 1 }
	FNR > start && !(FNR in error) { print "column_pairs: compiles, but should not: " $0; wrong = 1 }
	END { exit wrong }' "$dir/lines" "$dir/misfit.c" >&2 || wrong=1
if [ ! -s "$dir/lines" ]; then
	head -20 "$dir/errors" >&2
	wrong=1
fi
echo "column_pairs: $number cases with $cc, $(($(wc -l <"$dir/misfit.c") - start)) of them must not compile"
exit "$wrong"
