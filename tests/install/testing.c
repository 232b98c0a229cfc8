/* The library for tests is there, too. */
#include <weir/testing.h>

const char *tag(weir_unique *unique);

const char *tag(weir_unique *unique)
{
	*unique = weir_unique_next();
	return weir_unique_text(unique, "*");
}
