/* What all files have: the first comment and, in headers, the guard. */
#include "emit.h"
#include "names.h"
#include "write.h"

void emit_head(FILE *out, const gen_plan *plan, const char *text)
{
	write_comment(out, arena_text(plan->arena,
	                              "%s\n" EMIT_MARK ", again at each run: what is your own belongs in another file. "
	                              "%s_models.h" WRITE_BLANK "says" WRITE_BLANK "how.",
	                              text, plan->list));
}

void emit_guard(FILE *out, const gen_plan *plan, const char *name, const char *includes)
{
	const char *guard =
		arena_text(plan->arena, "%s_%s_H", name_upper(plan->arena, plan->list), name_upper(plan->arena, name));

	fprintf(out, "#ifndef %s\n#define %s\n\n%s\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n", guard, guard,
	        includes);
}

void emit_guard_end(FILE *out)
{
	fputs("\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n", out);
}
