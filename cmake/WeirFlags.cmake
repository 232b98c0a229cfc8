# Compiler and linker flags, gathered in two interface targets: weir_flags (warnings, sanitizers; for all code of
# the project) and weir_hardening (for what ships). A flag that the compiler does not take is left out.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)

function(weir_add_flags target)
	foreach(flag IN LISTS ARGN)
		string(MAKE_C_IDENTIFIER "WEIR_HAS${flag}" known)
		check_c_compiler_flag("${flag}" ${known})
		if(${known})
			target_compile_options(${target} INTERFACE "${flag}")
		endif()
	endforeach()
endfunction()

function(weir_add_link_flags target)
	foreach(flag IN LISTS ARGN)
		string(MAKE_C_IDENTIFIER "WEIR_LINKS${flag}" known)
		check_linker_flag(C "${flag}" ${known})
		if(${known})
			target_link_options(${target} INTERFACE "${flag}")
		endif()
	endforeach()
endfunction()

add_library(weir_flags INTERFACE)
target_compile_options(weir_flags INTERFACE
	-Wall -Wextra -Wconversion -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes
	$<$<BOOL:${WEIR_WERROR}>:-Werror>)
# strict C11 hides POSIX; the code is written for POSIX.1-2008 and asks for more only where it says so
# A debug build can also make allocations fail (WEIR_TEST_HOOKS); tests of that are left out of other builds.
target_compile_definitions(weir_flags INTERFACE _POSIX_C_SOURCE=200809L
	$<$<BOOL:${WEIR_DEBUG}>:WEIR_DEBUG=1> $<$<BOOL:${WEIR_DEBUG}>:WEIR_TEST_HOOKS=1>)

add_library(weir_hardening INTERFACE)
weir_add_flags(weir_hardening -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
	-ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks -fno-strict-overflow)
# calls between the rooms stay inside the library, whatever a program defines
weir_add_flags(weir_hardening -fno-semantic-interposition)
weir_add_link_flags(weir_hardening -Wl,-Bsymbolic-functions)
weir_add_link_flags(weir_hardening -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)

if(WEIR_SANITIZE)
	set(weir_sanitizers -fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_compile_options(weir_flags INTERFACE ${weir_sanitizers} -O1)
	target_link_options(weir_flags INTERFACE ${weir_sanitizers})
else()
	# the sanitizers bring their own checks of libc calls, and leave their runtime undefined in a shared library
	target_compile_options(weir_hardening INTERFACE
		$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
	weir_add_link_flags(weir_hardening -Wl,-z,defs)
endif()
