/* Names: lists of words, and rules about the ends of words. */
#include "names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What the preprocessor, or a header that is included everywhere, may make something else of. */
static const char *const macros[] = {
	"NULL",    "EOF",       "TRUE",   "FALSE",    "bool",    "true",    "false",         "errno",
	"assert",  "offsetof",  "stdin",  "stdout",   "stderr",  "unix",    "linux",         "i386",
	"complex", "imaginary", "I",      "noreturn", "alignas", "alignof", "static_assert", "thread_local",
	"and",     "and_eq",    "bitand", "bitor",    "compl",   "not",     "not_eq",        "or",
	"or_eq",   "xor",       "xor_eq", "min",      "max",     "major",   "minor",         "makedev",
	"signals", "slots",     "emit",   "foreach",
};

static const char *const keywords[] = {
	/* C */
	"auto",
	"break",
	"case",
	"char",
	"const",
	"continue",
	"default",
	"do",
	"double",
	"else",
	"enum",
	"extern",
	"float",
	"for",
	"goto",
	"if",
	"inline",
	"int",
	"long",
	"register",
	"restrict",
	"return",
	"short",
	"signed",
	"sizeof",
	"static",
	"struct",
	"switch",
	"typedef",
	"union",
	"unsigned",
	"void",
	"volatile",
	"while",
	"asm",
	"typeof",
	"typeof_unqual",
	/* C++ */
	"catch",
	"char8_t",
	"char16_t",
	"char32_t",
	"class",
	"co_await",
	"co_return",
	"co_yield",
	"concept",
	"consteval",
	"constexpr",
	"constinit",
	"const_cast",
	"decltype",
	"delete",
	"dynamic_cast",
	"explicit",
	"export",
	"friend",
	"mutable",
	"namespace",
	"new",
	"noexcept",
	"nullptr",
	"operator",
	"private",
	"protected",
	"public",
	"reinterpret_cast",
	"requires",
	"static_cast",
	"template",
	"this",
	"throw",
	"try",
	"typeid",
	"typename",
	"using",
	"virtual",
	"wchar_t",
	"std",
	/* types of members */
	"size_t",
	"int16_t",
	"int32_t",
	"int64_t",
};

static const char *const of_library[] = {
	"abort",  "abs",         "accept",    "access",   "acct",    "alarm",    "bind",    "bsearch",  "calloc",
	"ceil",   "chdir",       "chmod",     "chown",    "clock",   "clone",    "close",   "closedir", "connect",
	"cos",    "creat",       "ctime",     "daemon",   "div",     "dup",      "exit",    "exp",      "fabs",
	"fclose", "fork",        "fopen",     "free",     "gamma",   "getenv",   "getline", "index",    "ioctl",
	"j0",     "j1",          "jn",        "kill",     "link",    "listen",   "log",     "logb",     "malloc",
	"memory", "mkdir",       "mount",     "nice",     "open",    "opendir",  "pause",   "pipe",     "poll",
	"pow",    "printf",      "profil",    "puts",     "qsort",   "raise",    "rand",    "random",   "read",
	"reboot", "recv",        "remainder", "remove",   "rename",  "rindex",   "round",   "scanf",    "select",
	"send",   "shutdown",    "sigevent",  "signal",   "signgam", "sin",      "sleep",   "socket",   "sqrt",
	"stat",   "stime",       "strtol",    "sync",     "syscall", "sysinfo",  "system",  "tan",      "tee",
	"time",   "timer_t",     "timezone",  "times",    "trunc",   "truncate", "umask",   "uname",    "ungetc",
	"unlink", "vhangup",     "wait",      "write",    "y0",      "y1",       "yn",      "daylight", "tzname",
	"splice", "usleep",      "sigaction", "sigstack", "acos",    "asin",     "atan",    "cbrt",     "erf",
	"floor",  "fma",         "fmax",      "fmin",     "fmod",    "hypot",    "modf",    "nan",      "rint",
	"scalb",  "significand", "drem",      "lockf",    "main",    "weir",
};

static bool is_among(const char *name, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], name) == 0)
			return true;
	return false;
}

bool name_is_identifier(const char *name)
{
	if (isdigit((unsigned char)name[0]) || (name[0] == '_' && (name[1] == '_' || isupper((unsigned char)name[1]))))
		return false;
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at > 127 || !(isalnum((unsigned char)*at) || *at == '_'))
			return false;
	return name[0] != '\0' && strcmp(name, "_") != 0;
}

bool name_is_macro(const char *name)
{
	return is_among(name, macros, sizeof macros / sizeof macros[0]) || strncmp(name, "WEIR_", 5) == 0;
}

bool name_is_reserved(const char *name)
{
	return name_is_macro(name) || is_among(name, keywords, sizeof keywords / sizeof keywords[0]) ||
	       strncmp(name, "weir_", 5) == 0;
}

bool name_is_of_library(const char *name)
{
	return is_among(name, of_library, sizeof of_library / sizeof of_library[0]);
}

/* Words whose end says something else than that of most. One that stands for both is its own plural. */
static const struct {
	const char *plural;
	const char *singular;
} irregular[] = {
	{ "people", "person" },       { "children", "child" },  { "men", "man" },         { "women", "woman" },
	{ "movies", "movie" },        { "cookies", "cookie" },  { "series", "series" },   { "species", "species" },
	{ "news", "news" },           { "caches", "cache" },    { "data", "data" },       { "media", "media" },
	{ "menus", "menu" },          { "statuses", "status" }, { "viruses", "virus" },   { "buses", "bus" },
	{ "bonuses", "bonus" },       { "campuses", "campus" }, { "aliases", "alias" },   { "biases", "bias" },
	{ "gases", "gas" },           { "quizzes", "quiz" },    { "axes", "axis" },       { "analyses", "analysis" },
	{ "diagnoses", "diagnosis" }, { "heroes", "hero" },     { "potatoes", "potato" }, { "tomatoes", "tomato" },
	{ "shelves", "shelf" },       { "leaves", "leaf" },     { "halves", "half" },     { "indices", "index" },
	{ "matrices", "matrix" },     { "vertices", "vertex" },
};

/* The end of a plural and what it is in the singular; the first that fits counts. */
static const struct {
	const char *plural;
	const char *singular;
} ends[] = {
	{ "ss", "ss" },   { "us", "us" },   { "is", "is" }, { "ies", "y" }, { "sses", "ss" },
	{ "shes", "sh" }, { "ches", "ch" }, { "xes", "x" }, { "s", "" },
};

/* Where the last word begins. */
static size_t last_word(const char *name)
{
	const char *bar = strrchr(name, '_');

	return bar && bar[1] ? (size_t)(bar + 1 - name) : 0;
}

static bool has_end(const char *word, const char *end)
{
	size_t length = strlen(word), wanted = strlen(end);

	return length > wanted + 1 && strcmp(word + length - wanted, end) == 0;
}

const char *name_singular(gen_arena *arena, const char *name)
{
	size_t      start = last_word(name);
	const char *word = name + start;

	for (size_t i = 0; i < sizeof irregular / sizeof irregular[0]; i++)
		if (strcmp(word, irregular[i].plural) == 0)
			return arena_text(arena, "%.*s%s", (int)start, name, irregular[i].singular);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (has_end(word, ends[i].plural))
			return arena_text(arena, "%.*s%s", (int)(strlen(name) - strlen(ends[i].plural)), name, ends[i].singular);
	return name;
}

const char *name_plural(gen_arena *arena, const char *name)
{
	size_t      start = last_word(name), length = strlen(name);
	const char *word = name + start;

	for (size_t i = 0; i < sizeof irregular / sizeof irregular[0]; i++)
		if (strcmp(word, irregular[i].singular) == 0)
			return arena_text(arena, "%.*s%s", (int)start, name, irregular[i].plural);
	if (has_end(word, "y") && !strchr("aeiou", name[length - 2]))
		return arena_text(arena, "%.*sies", (int)length - 1, name);
	if (has_end(word, "s") || has_end(word, "x") || has_end(word, "ch") || has_end(word, "sh"))
		return arena_text(arena, "%ses", name);
	return arena_text(arena, "%ss", name);
}

const char *name_without_id(gen_arena *arena, const char *name)
{
	size_t length = strlen(name);

	if (length > 3 && strcmp(name + length - 3, "_id") == 0)
		return arena_copy(arena, name, length - 3);
	if (length > 2 && strcmp(name + length - 2, "Id") == 0 && islower((unsigned char)name[length - 3]))
		return arena_copy(arena, name, length - 2);
	return NULL;
}

const char *name_upper(gen_arena *arena, const char *name)
{
	char *upper = arena_copy(arena, name, strlen(name));

	for (char *at = upper; *at; at++)
		*at = (char)toupper((unsigned char)*at);
	return upper;
}
