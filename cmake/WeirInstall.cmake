# What `cmake --install` brings: both libraries, the headers of weir, the package for find_package(weir)
# (weir::weir, weir::static), weir.pc and, where the tools are built, weir-generate (tools/CMakeLists.txt).
include(CMakePackageConfigHelpers)

set(weir_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weir")
install(TARGETS weir weir_static weir_testing weir_headers EXPORT weirTargets)
install(DIRECTORY include/weir DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(EXPORT weirTargets NAMESPACE weir:: DESTINATION "${weir_package_dir}")

configure_package_config_file(cmake/weirConfig.cmake.in weirConfig.cmake INSTALL_DESTINATION "${weir_package_dir}")
write_basic_package_version_file(weirConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/weirConfig.cmake" "${PROJECT_BINARY_DIR}/weirConfigVersion.cmake"
	DESTINATION "${weir_package_dir}")

# relative, so that an installed tree can be moved
file(RELATIVE_PATH weir_pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
set(weir_pc_tls "")
if(weir_tls)
	set(weir_pc_tls " openssl")
endif()
configure_file(cmake/weir.pc.in weir.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/weir.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
