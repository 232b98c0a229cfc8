// main.cpp of the outside project: the headers and the library from C++.
#include <cstdio>
#include <cstring>
#include <weir/weir.h>

int main()
{
	const char *name = weir_status_name(WEIR_NOT_FOUND);
	std::printf("%s: %s\n", name, weir_status_text(WEIR_NOT_FOUND));
	return std::strcmp(name, "WEIR_NOT_FOUND") == 0 ? 0 : 1;
}
