# SPDX-License-Identifier: Apache-2.0
# ats_flags: what every target of ours is compiled with.
# Assertions stay in every build but release.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
add_library(ats_flags INTERFACE)
target_compile_definitions(ats_flags INTERFACE _GNU_SOURCE ATS_VERSION="${PROJECT_VERSION}")
target_include_directories(ats_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(ats_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wformat=2 -Wvla -Wnull-dereference -Wdouble-promotion -Wpointer-arith -Wcast-qual -Wundef
    -fno-strict-aliasing -ffp-contract=off)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    # librdkafka's RD_KAFKA_V_ macros and uthash's use them; gcc knows that they come from system headers.
    target_compile_options(ats_flags INTERFACE -Wno-gnu-statement-expression -Wno-gnu-zero-variadic-macro-arguments)
endif()
if(ATS_WERROR)
    target_compile_options(ats_flags INTERFACE -Werror)
endif()
if(ATS_SANITIZE)
    target_compile_options(ats_flags INTERFACE
        -fsanitize=${ATS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    target_link_options(ats_flags INTERFACE -fsanitize=${ATS_SANITIZE})
endif()
if(ATS_FUZZ)
    target_compile_options(ats_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
