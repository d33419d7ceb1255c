/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit of Attestream, with its reason. A queue, buffer or loop without a line here is a bug. */
#ifndef ATS_BASE_LIMITS_H
#define ATS_BASE_LIMITS_H

/* --- names --- */
/* A device, asset, gate, operator, contract or use case; as long as a Kafka key should be, and fits every stack buffer. */
#define ATS_NAME_MAX 128
/* An MQTT topic as the gate handles it; MQTT allows 65,535, plants use far less, and it goes into every record. */
#define ATS_TOPIC_MAX 1024

/* --- keys --- */
/* A PEM file with one key: 120 bytes, and perhaps some text before it. */
#define ATS_KEY_FILE_MAX 4096

/* --- configuration --- */
/* A configuration file: each program has a few dozen properties. */
#define ATS_CONFIG_FILE_MAX (64 * 1024)

/* --- log --- */
/* One line: an event, its keys, and an error text. */
#define ATS_LOG_LINE_MAX 1024
/* Distinct event ids with a rate of their own; the code has fewer. */
#define ATS_LOG_EVENTS_MAX 128
/* Lines of one event a second: enough to see what happens, too few to fill a disk. */
#define ATS_LOG_LINES_PER_SECOND_MAX 10

/* --- payloads and records --- */
/* One MQTT payload: below Kafka's default message.max.bytes of 1 MiB, with room for headers. */
#define ATS_PAYLOAD_MAX (512 * 1024)
/* One Kafka record's value that we build: the payload as Avro, or the original in quarantine. */
#define ATS_RECORD_MAX (900 * 1024)
/* A contract, schema or use case file: hand-written text. */
#define ATS_DOCUMENT_MAX (256 * 1024)
/* A control record: two documents and their envelope. */
#define ATS_CONTROL_RECORD_MAX (ATS_DOCUMENT_MAX * 3)
/* A journal record: one Kafka record and, for signed or quarantined data, the original payload beside it. */
#define ATS_JOURNAL_RECORD_MAX (ATS_RECORD_MAX + ATS_PAYLOAD_MAX)

/* --- Kafka clients --- */
/* Answers of brokers that a person or a start waits for. */
#define ATS_KAFKA_METADATA_TIMEOUT_MS 10000
/* A producer's queue, if the user's file names no other: what a gate forwards in a second, in the memory of a small one. */
#define ATS_KAFKA_QUEUE_RECORDS_MAX 100000
#define ATS_KAFKA_QUEUE_KBYTES_MAX 65536
/* A consumer's fetched records, per partition with a reader: a fraction of librdkafka's 64 MiB, enough to keep one busy. */
#define ATS_KAFKA_FETCHED_KBYTES_MAX 8192
/* What closing a producer waits for the reports on records that it drops. */
#define ATS_KAFKA_PURGE_TIMEOUT_MS 1000
/* How long after an admin request's own time-out its answer is still awaited. */
#define ATS_KAFKA_ADMIN_SLACK_MS 1000
/* Between a reader's questions whether a missing topic or broker is back. */
#define ATS_KAFKA_PROBE_INTERVAL_MS 500
/* Partitions of one topic that a reader takes: Kafka has no limit of its own, no fleet comes near this one. */
#define ATS_KAFKA_PARTITIONS_MAX 4096

/* --- local store --- */
/* Views open at a time in one store (LMDB's table of readers): each task and thread holds one or two. */
#define ATS_STORE_VIEWS_MAX 512

/* --- documents and payloads --- */
/* Nodes of one YAML file: a contract with 200 fields has about 4,000. */
#define ATS_YAML_NODES_MAX 20000
/* Levels of a YAML file; ODCS uses nine. */
#define ATS_YAML_DEPTH_MAX 32
/* Levels of an Avro schema, and so of a payload that fits it; also bounds the stack of both hot paths. */
#define ATS_SCHEMA_DEPTH_MAX 16
/* Nodes of a compiled schema, named types expanded. */
#define ATS_SCHEMA_NODES_MAX 4096
/* Fields of one record; the transcoder keeps a place for each on its stack. */
#define ATS_SCHEMA_FIELDS_MAX 256
/* Topic filters of one contract: each publish is held against all of them. */
#define ATS_CONTRACT_TOPICS_MAX 32
/* Single values of one contract; both hot paths keep them on the stack. */
#define ATS_CONTRACT_LEAVES_MAX 512
/* Levels of a JSON payload, also inside unknown fields that are skipped. */
#define ATS_JSON_DEPTH_MAX 32
/* Characters of a number that needs exact rounding; a double has at most 767 significant digits. */
#define ATS_JSON_NUMBER_MAX 800
/* Entries of one JSON object that becomes an Avro map: each is compared with those before it. */
#define ATS_JSON_MAP_ENTRIES_MAX 1024

/* --- processor --- */
/* Values of one Avro record that is shown as JSON: an array of nulls takes no bytes, so its length alone bounds nothing. */
#define ATS_AVRO_JSON_VALUES_MAX 100000

#endif
