# What the project demands of itself, as tests: scripts that read the source and the library (label house), the
# outside project built against an installed weir (label install), and the example programs (label examples).

function(weir_house_test name)
	add_test(NAME house/${name} COMMAND "${PROJECT_SOURCE_DIR}/scripts/${name}" ${ARGN})
	set_tests_properties(house/${name} PROPERTIES LABELS house TIMEOUT 120 ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
endfunction()

# A sanitizer adds nothing to these.
if(NOT WEIR_SANITIZE)
	weir_house_test(check-layers)
	weir_house_test(check-shape)
	weir_house_test(check-headers)
	weir_house_test(check-release-tests)
	weir_house_test(check-readme)
	weir_house_test(check-features)
	weir_house_test(check-add-a-model)
	weir_house_test(check-outages)
	weir_house_test(check-symbols $<TARGET_FILE:weir>)
	weir_house_test(check-hardening $<TARGET_FILE:weir>)

	add_test(NAME install/outside-project COMMAND "${PROJECT_SOURCE_DIR}/tests/install/run" "${CMAKE_COMMAND}"
		"${PROJECT_BINARY_DIR}" "${CMAKE_GENERATOR}" "${CMAKE_C_COMPILER}")
	set_tests_properties(install/outside-project PROPERTIES LABELS install TIMEOUT 120)
endif()

# A program that says "skipped: ..." had nothing to work on.
function(weir_example_test name)
	add_test(NAME ${WEIR_TEST_PREFIX}examples/${name} COMMAND ${ARGN})
	set_tests_properties(${WEIR_TEST_PREFIX}examples/${name} PROPERTIES LABELS examples TIMEOUT 180
		SKIP_REGULAR_EXPRESSION "skipped: " ENVIRONMENT "${test_environment}")
endfunction()

if(WEIR_EXAMPLES)
	weir_glob(examples "${PROJECT_SOURCE_DIR}/examples/*.c")
	foreach(source IN LISTS examples)
		get_filename_component(name "${source}" NAME_WE)
		weir_example_test(${name} with_tables --expect "${source}" $<TARGET_FILE:example_${name}>)
	endforeach()
	weir_example_test(testing $<TARGET_FILE:example_testing>)
	foreach(name demo chinook)
		weir_example_test(${name} ${name})
	endforeach()
endif()
