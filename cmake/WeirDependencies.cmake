# The foreign libraries, all by pkg-config. Debian: libpq-dev libhiredis-dev libcjson-dev, and check for the tests.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq>=14)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis>=0.14)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson>=1.7)
if(WEIR_TESTS)
	pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check>=0.15)
endif()
