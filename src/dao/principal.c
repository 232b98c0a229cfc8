/* Making principals. What is set is set for one transaction only, so that nothing of it can reach the next borrower of a
 * connection, whatever happens to the statement. Values become literals: they precede texts of the simple protocol too. */
#include "dao/principal.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "cache/cache.h"
#include "dao/session.h"

#include <string.h>

static bool is_text(const char *text)
{
	return text && text[0] && weir__utf8_is_valid(text, strlen(text));
}

/* app.tenant: of the application's own, for anything else would change what statements mean. */
static bool is_setting(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t            first = name ? strspn(name, letters) : 0;
	size_t            second = first > 0 && name[first] == '.' ? strspn(name + first + 1, letters) : 0;

	return second > 0 && name[first + 1 + second] == '\0' && first + second < 63;
}

static int check(const weir_principal_options *options, weir_error *err)
{
	if (!options || (!options->role && options->setting_count == 0))
		return weir__error_set(err, WEIR_ERR_USAGE, "a principal needs a role or a setting");
	if (options->setting_count > 0 && !options->settings)
		return weir__error_set(err, WEIR_ERR_USAGE, "a principal has a count of settings but no settings");
	if (options->role && !is_text(options->role))
		return weir__error_set(err, WEIR_ERR_USAGE, "the role of a principal is empty or not in UTF-8");
	if (options->role && strcmp(options->role, "none") == 0)
		return weir__error_set(err, WEIR_ERR_USAGE,
		                       "the role of a principal is \"none\", which is the role that connected");
	for (size_t i = 0; i < options->setting_count; i++) {
		if (!is_setting(options->settings[i].name))
			return weir__error_set(err, WEIR_ERR_USAGE, "setting %zu of a principal is not named as \"app.tenant\" is",
			                       i + 1);
		if (!options->settings[i].value ||
		    !weir__utf8_is_valid(options->settings[i].value, strlen(options->settings[i].value)))
			return weir__error_set(err, WEIR_ERR_USAGE, "the value of %s is missing or not in UTF-8",
			                       options->settings[i].name);
	}
	return WEIR_OK;
}

static void append_literal(weir__buffer *sql, const char *text)
{
	weir__buffer_append_char(sql, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			weir__buffer_append_char(sql, '\'');
		weir__buffer_append_char(sql, *text);
	}
	weir__buffer_append_char(sql, '\'');
}

static void append(weir_principal *principal, const char *name, const char *value)
{
	weir__buffer_append_text(&principal->text, principal->text.length == 0 ? "SELECT " : ", ");
	weir__buffer_append_text(&principal->text, "pg_catalog.set_config(");
	append_literal(&principal->text, name);
	weir__buffer_append_text(&principal->text, ", ");
	append_literal(&principal->text, value);
	weir__buffer_append_text(&principal->text, ", true)");
	if (principal->key.length > 0)
		weir__buffer_append_char(&principal->key, ':');
	weir__key_part(&principal->key, name, strlen(name));
	weir__buffer_append_char(&principal->key, '=');
	weir__key_part(&principal->key, value, strlen(value));
}

int weir_principal_create(const weir_principal_options *options, weir_principal **principal, weir_error *err)
{
	weir_principal *made;
	const char     *text;
	int             rc = check(options, err);

	if (rc < 0)
		return rc;
	if (!principal || *principal)
		return weir__error_set(err, WEIR_ERR_USAGE, "weir_principal_create: *principal must be NULL");
	made = weir__calloc(1, sizeof *made);
	if (!made)
		return weir__error_no_memory(err);
	for (size_t i = 0; i < options->setting_count; i++)
		append(made, options->settings[i].name, options->settings[i].value);
	if (options->role)
		append(made, "role", options->role);
	text = weir__buffer_text(&made->text);
	if (!text || made->key.failed) {
		weir_principal_free(&made);
		return weir__error_no_memory(err);
	}
	made->sql = weir__sql_of(text, made->text.length);
	*principal = made;
	return WEIR_OK;
}

void weir_principal_free(weir_principal **principal)
{
	weir_principal *freed = principal ? *principal : NULL;

	if (!freed)
		return;
	*principal = NULL;
	weir__buffer_release(&freed->text);
	weir__buffer_release(&freed->key);
	weir__free(freed);
}
