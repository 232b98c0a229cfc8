/* Factories, and what makes their rows unlike others: the process, the time at which it began, a number that goes up. */
#include <weir/testing.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_uint_fast64_t last_number;
static atomic_uint_fast64_t of_process; /* 0: not made yet */
static atomic_long          of_pid;     /* whose it is */

/* A child that was forked, as frameworks do for each test, is another process. */
static uint64_t process_number(void)
{
	long            pid = (long)getpid();
	uint64_t        known = atomic_load(&of_process), made;
	struct timespec now;

	if (known && atomic_load(&of_pid) == pid)
		return known;
	clock_gettime(CLOCK_REALTIME, &now);
	made = ((uint64_t)now.tv_sec << 24 ^ (uint64_t)now.tv_nsec << 8 ^ (uint64_t)pid) | 1;
	if (!atomic_compare_exchange_strong(&of_process, &known, made))
		return known;
	atomic_store(&of_pid, pid);
	return made;
}

weir_unique weir_unique_next(void)
{
	weir_unique unique = { .number = atomic_fetch_add(&last_number, 1) + 1 };

	snprintf(unique.tag, sizeof unique.tag, "t%llx-%llu", (unsigned long long)(process_number() & 0xffffffffffff),
	         (unsigned long long)unique.number);
	return unique;
}

const char *weir_unique_text(weir_unique *unique, const char *pattern)
{
	size_t start = unique->used;
	size_t tag_length = strlen(unique->tag);

	for (; *pattern; pattern++) {
		const char *piece = *pattern == '*' ? unique->tag : pattern;
		size_t      length = *pattern == '*' ? tag_length : 1;

		if (unique->used + length + 1 > sizeof unique->room) {
			unique->used = start;
			return "";
		}
		memcpy(unique->room + unique->used, piece, length);
		unique->used += length;
	}
	unique->room[unique->used++] = '\0';
	return unique->room + start;
}

void weir_factory_build(const weir_factory *factory, void *values, weir_unique *unique)
{
	memset(values, 0, factory->model->size);
	*unique = weir_unique_next();
	if (factory->fill)
		factory->fill(values, unique);
}

/* Bytes from a member to the next one: the member, and what pads it. */
static size_t extent(const weir_model *model, size_t offset)
{
	size_t end = model->size;

	for (size_t i = 0; i < model->field_count; i++)
		if (model->fields[i].offset > offset && model->fields[i].offset < end)
			end = model->fields[i].offset;
	return end - offset;
}

/* The columns of both. */
static size_t join(const weir_factory *factory, const weir_set *but, size_t *offsets)
{
	size_t count = 0;

	for (size_t i = 0; i < factory->set.count; i++)
		offsets[count++] = factory->set.offsets[i];
	for (size_t i = 0; i < but->count; i++) {
		size_t k = 0;

		while (k < count && offsets[k] != but->offsets[i])
			k++;
		if (k == count)
			offsets[count++] = but->offsets[i];
	}
	return count;
}

static int fail(weir_error *err, int status, const char *message)
{
	if (err) {
		*err = (weir_error)WEIR_ERROR_INIT;
		err->status = status;
		snprintf(err->message, sizeof err->message, "%s", message);
	}
	return status;
}

static int create(const weir_factory *factory, weir_session *session, void *values, const weir_set *but, void *record,
                  weir_error *err)
{
	weir_base_dao dao = weir_get_dao(session, factory->model);
	size_t       *offsets = malloc((factory->set.count + but->count + 1) * sizeof *offsets);
	weir_set      set = { .model = factory->model, .offsets = offsets };
	int           rc;

	if (!offsets)
		return fail(err, WEIR_ERR_NO_MEMORY, "out of memory");
	set.count = join(factory, but, offsets);
	rc = weir_base_dao_create(&dao, values, set, record, err);
	free(offsets);
	return rc;
}

int weir_factory_create(const weir_factory *factory, weir_session *session, const void *given, weir_set but,
                        void *record, weir_error *err)
{
	char       *values;
	weir_unique unique;
	int         rc;

	if (but.count > 0 && (but.model != factory->model || !given))
		return fail(err, WEIR_ERR_USAGE, "the columns are of another model than the factory, or have no values");
	values = calloc(1, factory->model->size);
	if (!values)
		return fail(err, WEIR_ERR_NO_MEMORY, "out of memory");
	weir_factory_build(factory, values, &unique);
	for (size_t i = 0; given && i < but.count; i++)
		memcpy(values + but.offsets[i], (const char *)given + but.offsets[i], extent(factory->model, but.offsets[i]));
	rc = create(factory, session, values, &but, record, err);
	free(values);
	return rc;
}
