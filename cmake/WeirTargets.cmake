# How sources become targets. A room (src/<room>/*.c) is an object library that sees the project's headers and the
# one foreign library it is the door of. The rooms together are weir (shared) and weir_static.

# Sources of a directory, found again whenever a file comes or goes.
macro(weir_glob var)
	file(GLOB ${var} CONFIGURE_DEPENDS ${ARGN})
endmacro()

add_library(weir_headers INTERFACE)
target_include_directories(weir_headers INTERFACE
	"$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
set_target_properties(weir_headers PROPERTIES EXPORT_NAME headers)

# weir_room(NAME [foreign libraries...]): in src/NAME/CMakeLists.txt. A room without sources yet is no error.
function(weir_room name)
	weir_glob(sources "${CMAKE_CURRENT_SOURCE_DIR}/*.c")
	if(NOT sources)
		return()
	endif()
	add_library(weir_${name} OBJECT ${sources})
	target_include_directories(weir_${name} PRIVATE "${PROJECT_SOURCE_DIR}/src")
	target_link_libraries(weir_${name} PRIVATE weir_headers weir_flags weir_hardening Threads::Threads ${ARGN})
	set_property(GLOBAL APPEND PROPERTY WEIR_ROOMS weir_${name})
endfunction()

# weir_libraries(): the two libraries, of the objects of all rooms.
function(weir_libraries)
	get_property(rooms GLOBAL PROPERTY WEIR_ROOMS)
	list(TRANSFORM rooms REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
	add_library(weir SHARED ${objects})
	add_library(weir_static STATIC ${objects})
	set_target_properties(weir PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} LINKER_LANGUAGE C)
	set_target_properties(weir_static PROPERTIES OUTPUT_NAME weir EXPORT_NAME static LINKER_LANGUAGE C)
	target_link_libraries(weir PRIVATE $<BUILD_INTERFACE:weir_flags> $<BUILD_INTERFACE:weir_hardening>)
	foreach(library weir weir_static)
		target_link_libraries(${library} PUBLIC weir_headers
			PRIVATE Threads::Threads PkgConfig::LIBPQ PkgConfig::HIREDIS PkgConfig::CJSON ${weir_tls})
	endforeach()
	add_library(weir::weir ALIAS weir)
	add_library(weir::static ALIAS weir_static)
endfunction()

# weir_program(NAME SOURCES... [LIBRARIES ...]): a program of the project's own, in bin/, not installed.
function(weir_program name)
	cmake_parse_arguments(PARSE_ARGV 1 program "" "" "LIBRARIES")
	add_executable(${name} ${program_UNPARSED_ARGUMENTS})
	target_link_libraries(${name} PRIVATE weir_flags weir_hardening ${program_LIBRARIES} Threads::Threads)
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
	target_compile_definitions(${name} PRIVATE WEIR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endfunction()
