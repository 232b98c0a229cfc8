/* registry.c: the model and its schema. */
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const weir_field reg_fields[] = {
	WEIR_FIELD(reg, k, .primary_key = true), WEIR_FIELD(reg, ver, .generated = true), WEIR_FIELD(reg, owner),
	WEIR_FIELD(reg, grp, .stamped = true),   WEIR_FIELD(reg, name, .unique = true),   WEIR_FIELD(reg, tag),
};

static const weir_field crew_fields[] = { WEIR_FIELD(crew, grp, .primary_key = true) };

static const weir_relation reg_relations[] = { WEIR_BELONGS_TO(reg, crew, crew, grp, .inverse_of = "members") };
static const weir_relation crew_relations[] = { WEIR_HAS_MANY(crew, members, reg, grp, .inverse_of = "crew") };

weir_model       reg_model = WEIR_MODEL(reg, "reg", reg_fields, WEIR_RELATIONS(reg_relations));
const weir_model crew_model = WEIR_MODEL(crew, "crew", crew_fields, WEIR_RELATIONS(crew_relations));

const struct reg_columns reg_c = {
	.k = WEIR_I64_COLUMN(reg, k),
	.grp = WEIR_I32_COLUMN(reg, grp),
	.name = WEIR_TEXT_COLUMN(reg, name),
};

const struct crew_columns crew_c = { .grp = WEIR_I32_COLUMN(crew, grp) };

/* A name is free at first for every second key: the third of a pair's three. The trigger has the name of one of the library's own, which changes no row but the one at hand: what a write returns is kept near. */
const char reg_schema[] =
	"CREATE SEQUENCE reg_ver CACHE 1;"
	"CREATE TABLE crew (grp integer PRIMARY KEY);"
	"INSERT INTO crew SELECT generate_series(0, 7);"
	"CREATE TABLE reg (k bigint PRIMARY KEY, ver bigint NOT NULL DEFAULT 0, owner text NOT NULL,"
	" grp integer NOT NULL REFERENCES crew, name text NOT NULL UNIQUE, tag bigint NOT NULL) WITH (fillfactor = 50);"
	"CREATE TABLE ledger (ver bigint PRIMARY KEY, k bigint NOT NULL, grp integer NOT NULL, name text NOT NULL,"
	" tag bigint NOT NULL, gone boolean NOT NULL);"
	"CREATE FUNCTION reg_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
	" IF TG_OP = 'DELETE' THEN"
	"  INSERT INTO ledger VALUES (nextval('reg_ver'), OLD.k, OLD.grp, OLD.name, OLD.tag, true); RETURN OLD;"
	" END IF;"
	" NEW.ver := nextval('reg_ver');"
	" INSERT INTO ledger VALUES (NEW.ver, NEW.k, NEW.grp, NEW.name, NEW.tag, false); RETURN NEW;"
	" END $$;"
	"CREATE TRIGGER weir_relay_changes BEFORE INSERT OR UPDATE OR DELETE ON reg FOR EACH ROW EXECUTE FUNCTION reg_changes();"
	"INSERT INTO reg (k, owner, grp, name, tag)"
	" SELECT k, 'row ' || k, k % 8, 'n' || (k / 2 * 3 + k % 2), 0 FROM generate_series(0, 63) AS k;";

_Static_assert(KEYS == 64 && GROUPS == 8, "the schema says so too");

const char *reg_owner(int64_t key, char text[REG_TEXT])
{
	snprintf(text, REG_TEXT, "row %d", (int)key);
	return text;
}

const char *reg_name(int name, char text[REG_TEXT])
{
	snprintf(text, REG_TEXT, "n%d", name);
	return text;
}

int reg_name_number(const char *name)
{
	char *end;
	long  number = name[0] == 'n' ? strtol(name + 1, &end, 10) : -1;

	return number >= 0 && number < NAMES && *end == '\0' ? (int)number : -1;
}
