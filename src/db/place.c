/* Which tables a session's models mean, as far as its options say: the database's name and the search path. Two that differ may have
 * tables of one name with other rows in them. */
#include "db/place.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "db/url.h"

#include <libpq-fe.h>
#include <string.h>

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options->val && options->val[0] ? options->val : NULL;
	return NULL;
}

/* As libpq chooses it: where no database is named it has the user's name. */
static const char *database_of(const PQconninfoOption *given, const PQconninfoOption *defaults)
{
	static const char *const keywords[] = { "dbname", "user" };

	for (size_t i = 0; i < 2; i++) {
		if (value_of(given, keywords[i]))
			return value_of(given, keywords[i]);
		if (value_of(defaults, keywords[i]))
			return value_of(defaults, keywords[i]);
	}
	return "";
}

int weir__place_of(const char *conninfo, const char *schema, uint64_t *place, weir_error *err)
{
	PQconninfoOption *given, *defaults = PQconndefaults();
	char             *text = weir__strdup(conninfo);
	const char       *database;
	char              mode[16];

	if (!text || !defaults) {
		weir__free(text);
		PQconninfoFree(defaults);
		return weir__error_no_memory(err);
	}
	(void)weir__url_take(text, WEIR__MODE_PARAMETER, mode, sizeof mode);
	given = PQconninfoParse(text, NULL);
	database = database_of(given, defaults);
	*place = weir__hash64(database, strlen(database), 0);
	if (schema)
		*place = weir__hash64(schema, strlen(schema), *place);
	PQconninfoFree(given);
	PQconninfoFree(defaults);
	weir__free(text);
	return WEIR_OK;
}
