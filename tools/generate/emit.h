/* The files: each function makes the text of one. */
#ifndef GENERATE_EMIT_H
#define GENERATE_EMIT_H

#include "plan.h"

#include <stdio.h>

void emit_model_header(FILE *out, const gen_plan *plan, const gen_model *model);
void emit_model_source(FILE *out, const gen_plan *plan, const gen_model *model);
void emit_dao_header(FILE *out, const gen_plan *plan, const gen_model *model);
void emit_dao_source(FILE *out, const gen_plan *plan, const gen_model *model);
void emit_relations(FILE *out, const gen_plan *plan);
void emit_list_header(FILE *out, const gen_plan *plan);
void emit_list_source(FILE *out, const gen_plan *plan);

/* ---- Used by several of them ------------------------------------------------------------------------------------------ */

/* What the first comment of each file says behind what is its own; also how a file of the tool is known. */
#define EMIT_MARK "Written by weir-generate"

/* The first comment. */
void emit_head(FILE *out, const gen_plan *plan, const char *text);

/* #ifndef and extern "C", and their ends. includes: lines, each with its end. */
void emit_guard(FILE *out, const gen_plan *plan, const char *name, const char *includes);
void emit_guard_end(FILE *out);

#endif
