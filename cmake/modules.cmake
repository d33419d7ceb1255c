# SPDX-License-Identifier: Apache-2.0
# One static library per folder of common/, each linking only the folders before it, so that the
# linker as well as scripts/check-includes holds the direction that docs/architecture.md states.

# ats_module(NAME FOLDER DEPENDS...): every .c file of FOLDER (not of the folders below it).
function(ats_module name folder)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
    list(FILTER sources EXCLUDE REGEX "/main\\.c$")
    if(NOT sources)
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE ats_flags ${ARGN})
        return()
    endif()
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC ats_flags ${ARGN})
endfunction()

ats_module(ats_device device PkgConfig::SODIUM)
# It is installed, and whoever links it may have another compiler than the one that made it.
target_compile_options(ats_device PRIVATE $<$<C_COMPILER_ID:GNU>:-ffat-lto-objects>)
ats_module(ats_base common/base ats_device Threads::Threads)
ats_module(ats_config common/config ats_base)
ats_module(ats_store common/store ats_config PkgConfig::LMDB)
ats_module(ats_kafka common/kafka ats_store PkgConfig::RDKAFKA)
ats_module(ats_identity common/identity ats_kafka PkgConfig::CRYPTO PkgConfig::JANSSON)
ats_module(ats_contract common/contract ats_identity PkgConfig::YAML PkgConfig::JANSSON PkgConfig::AVRO m)
ats_module(ats_usecase common/usecase ats_contract PkgConfig::YAML)
ats_module(ats_record common/record ats_usecase)
ats_module(ats_control common/control ats_record)
ats_module(ats_journal common/journal ats_control PkgConfig::ZLIB)

# The record schemas are compiled in as the texts that they are: a schema's id is the hash of its text.
file(GLOB record_schemas CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/schemas/records/*.avsc)
set(record_schemas_c ${PROJECT_BINARY_DIR}/generated/record_schemas.c)
add_custom_command(
    OUTPUT ${record_schemas_c}
    COMMAND ${CMAKE_COMMAND} "-DSCHEMAS=${record_schemas}" -DOUTPUT=${record_schemas_c}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${record_schemas} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
add_library(ats_record_schemas STATIC ${record_schemas_c})
target_link_libraries(ats_record_schemas PRIVATE ats_flags)
if(TARGET ats_record)
    get_target_property(ats_record_kind ats_record TYPE)
    if(ats_record_kind STREQUAL "INTERFACE_LIBRARY")
        target_link_libraries(ats_record INTERFACE ats_record_schemas)
    else()
        target_link_libraries(ats_record PUBLIC ats_record_schemas)
    endif()
endif()

# The gate: the part that knows no broker is a library, so that tests can drive it.
ats_module(ats_plugin plugin ats_journal)
if(EXISTS ${PROJECT_SOURCE_DIR}/plugin/broker.c)
    add_library(attestream-plugin MODULE plugin/broker.c)
    set_target_properties(attestream-plugin PROPERTIES PREFIX "" OUTPUT_NAME attestream)
    target_include_directories(attestream-plugin PRIVATE ${MOSQUITTO_PLUGIN_INCLUDE})
    # From 2.0.12 on the broker exports no mosquitto_property_read_*; the client library has the same functions.
    target_link_libraries(attestream-plugin PRIVATE ats_plugin PkgConfig::MOSQUITTO)
    # Broker symbols resolve when the broker loads the file, so no --no-undefined here.
    target_link_options(attestream-plugin PRIVATE -Wl,--exclude-libs,ALL -Wl,-z,nodelete -Wl,-z,now)
endif()

# Prints the gate's options; the plugin itself has no command line.
add_executable(attestream-gate-config plugin/config/main.c)
target_link_libraries(attestream-gate-config PRIVATE ats_plugin)

ats_module(ats_state processor/state ats_journal)
ats_module(ats_models processor/models ats_state m)
ats_module(ats_outputs processor/outputs ats_models)
ats_module(ats_operators processor/operators ats_outputs)
ats_module(ats_http processor/http ats_operators PkgConfig::MICROHTTPD)
ats_module(ats_runtime processor/runtime ats_http)
ats_module(ats_processor processor ats_runtime)
if(EXISTS ${PROJECT_SOURCE_DIR}/processor/main.c)
    add_executable(attestream-processor processor/main.c)
    target_link_libraries(attestream-processor PRIVATE ats_processor)
endif()

ats_module(ats_cli cli ats_journal PkgConfig::AVRO PkgConfig::CURL)
if(EXISTS ${PROJECT_SOURCE_DIR}/cli/main.c)
    add_executable(attestream-cli cli/main.c)
    set_target_properties(attestream-cli PROPERTIES OUTPUT_NAME attestream)
    target_link_libraries(attestream-cli PRIVATE ats_cli)
endif()
