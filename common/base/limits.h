/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit of Attestream, with its reason. A queue, buffer or loop without a line here is a bug. */
#ifndef ATS_BASE_LIMITS_H
#define ATS_BASE_LIMITS_H

/* A limit as a text, for libraries that are configured by texts. */
#define ATS_LIMIT_TEXT_OF(number) #number
#define ATS_LIMIT_TEXT(limit) ATS_LIMIT_TEXT_OF(limit)

/* --- names --- */
/* A device, asset, gate, operator, contract or use case; as long as a Kafka key should be, and fits every stack buffer. */
#define ATS_NAME_MAX 128
/* An MQTT topic as the gate handles it; MQTT allows 65,535, plants use far less, and it goes into every record. */
#define ATS_TOPIC_MAX 1024

/* A value that an error quotes, in bytes: enough to know it again, and room for the rest of the sentence. */
#define ATS_QUOTE_MAX 64

/* --- keys --- */
/* A PEM file with one key: 120 bytes, and perhaps some text before it. */
#define ATS_KEY_FILE_MAX 4096

/* A file with an X.509 certificate, or one certificate: a few KiB, and perhaps its issuers behind it. */
#define ATS_X509_MAX (64 * 1024)

/* --- configuration --- */
/* A configuration file: each program has a few dozen properties. */
#define ATS_CONFIG_FILE_MAX (64 * 1024)

/* --- log --- */
/* One line: an event, its keys, and an error text. */
#define ATS_LOG_LINE_MAX 1024
/* One value of a line in quotes: of a topic the beginning, and four of them leave room for the rest. */
#define ATS_LOG_VALUE_MAX 200
/* Distinct event ids with a rate of their own; the code has fewer. */
#define ATS_LOG_EVENTS_MAX 128
/* Lines of one event a second: enough to see what happens, too few to fill a disk. */
#define ATS_LOG_LINES_PER_SECOND_MAX 50

/* --- payloads and records --- */
/* One MQTT payload: below Kafka's default message.max.bytes of 1 MiB, with room for headers. */
#define ATS_PAYLOAD_MAX (512 * 1024)
/* One Kafka record's value that we build: the payload as Avro, or the original in quarantine. */
#define ATS_RECORD_MAX (900 * 1024)
/* Events of one payload: an hour of one every four seconds, which is one write into the journal. */
#define ATS_BATCH_ITEMS_MAX 1000
/* Of a payload that a quarantine record cannot hold: enough to see what it is. */
#define ATS_QUARANTINE_BEGINNING 4096
/* One line of a recording: the largest Kafka record in base64, and its headers. */
#define ATS_RECORDED_LINE_MAX (4 * 1024 * 1024)
/* A contract, schema or use case file: hand-written text. */
#define ATS_DOCUMENT_MAX (256 * 1024)
/* A control record: two documents and their envelope. */
#define ATS_CONTROL_RECORD_MAX (ATS_DOCUMENT_MAX * 3)
/* Records of quarantine in one replay: some 100 KiB of control record, and a minute's work of a gate. More are more replays. */
#define ATS_REPLAY_RECORDS_MAX 1000
/* Of these on their way from the thread that reads them to the broker's, each with room for the largest record: memory, and what one tick does. */
#define ATS_GATE_REPLAYS_WAITING 16
/* Judged at a callback that is not a tick, so that a publish waits for few. */
#define ATS_GATE_REPLAYS_PER_TURN 2
/* Replayed events that Kafka may not have yet, in memory: what a journal holds back for is an outage, not more replays. */
#define ATS_GATE_REPLAYS_PENDING 4096
/* How far a reader reads on to the next record that is named, before it is opened anew there: it fetches some thousand at a time. */
#define ATS_GATE_REPLAY_SKIP 1000
/* A partition that Kafka says it does not have is believed to be missing after this: brokers that start say so for a moment. */
#define ATS_GATE_REPLAY_MISSING_MS 30000
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
/* How long a producer waits for a topic that is not there before its records fail; they are sent again anyway. */
#define ATS_KAFKA_TOPIC_WAIT_MS 5000
/* How long a wait for a queue relies on being told of what comes into it, before it looks. */
#define ATS_KAFKA_LOOK_MS 200
/* Between a reader's questions whether a missing topic or broker is back. */
#define ATS_KAFKA_PROBE_INTERVAL_MS 500
/* The longest that a reader waits for the answer to such a question: a link by satellite, or a broker under load. A stop of the
   reader's thread waits for it, though only while a broker is connected and does not answer. */
#define ATS_KAFKA_PROBE_TIMEOUT_MAX_MS 3000
/* Partitions of one topic that a reader takes: Kafka has no limit of its own, no fleet comes near this one. */
#define ATS_KAFKA_PARTITIONS_MAX 4096

/* --- local store --- */
/* Views open at a time in one store (LMDB's table of readers): each task and thread holds one or two. */
#define ATS_STORE_VIEWS_MAX 512
/* The least that is reserved of a map where the process may not have the addresses for all of it: a small fleet's copy. */
#define ATS_STORE_MAP_MIN ((size_t)64 << 20)

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
/* Of all contracts together: each new one is compared with all, and a processor reads a sixteenth as many contracts. */
#define ATS_CONTRACT_FILTERS_MAX 4096
/* What a contract's `limits` may say: a message a day, up to what one gate takes in all; a gibibyte. */
#define ATS_CONTRACT_RATE_MIN 1e-5
#define ATS_CONTRACT_MESSAGES_MAX 1e6
#define ATS_CONTRACT_BYTES_MAX 1073741824.0
/* What may come at once, where a contract says nothing else: what a device keeps over a short break of its network. */
#define ATS_CONTRACT_BURST_MS 10000
#define ATS_BURST_MAX_MS (3600LL * 1000)
/* Single values of one contract; both hot paths keep them on the stack. */
#define ATS_CONTRACT_LEAVES_MAX 512
/* Rules of one contract that hold an event against the one before it: each costs 32 bytes for each device. */
#define ATS_SERIES_RULES_MAX 16
/* Digits of a decimal (avsc_judge.c says it in words): more than anybody measures, and few enough to be converted while a device waits. */
#define ATS_DECIMAL_PRECISION_MAX 1000
/* Pairs of types that are looked at to compare two schemas: some hundred times what the largest ones need whose unions are plain. */
#define ATS_RESOLVE_STEPS_MAX 1000000
/* Levels of a JSON payload, also inside unknown fields that are skipped. */
#define ATS_JSON_DEPTH_MAX 32
/* Characters of a number that needs exact rounding; a double has at most 767 significant digits. */
#define ATS_JSON_NUMBER_MAX 800
/* Records of a SenML pack, of some 130 bytes each in memory that is made once: 1,000 events of four. And characters of a record's name,
   which are copied for each: longer than the URNs that RFC 8428 shows by far. */
#define ATS_SENML_RECORDS_MAX 4096
#define ATS_SENML_NAME_MAX 255
/* The longest time that a service level may state: 100 years, as durations in settings. */
#define ATS_SERVICE_MS_MAX (100 * 365.25 * 86400000)
/* What is wrong with one document is told at a time: more than anybody mends before looking again. */
#define ATS_FINDINGS_MAX 50
/* Characters of a unit's code: UCUM's own examples have up to 30. */
#define ATS_UNIT_MAX 64
/* Of a publish's content type what is looked at and kept: the media type of 127 characters at most (RFC 6838, section 4.2), of its
   parameters what has room beside it. */
#define ATS_CONTENT_TYPE_MAX 255
/* Keys of open JSON objects that no schema lists (maps, skipped fields), which a table on the stack remembers. */
#define ATS_JSON_KEYS_MAX 1024
/* What `contract infer` keeps of payloads: events for samples, enough to show each variant; texts of one field that are counted, more than
   an enum has symbols or a trial has devices, and the longest of them; keys of an object after which it is asked whether they vary. */
#define ATS_INFER_SAMPLES_MAX 10
#define ATS_INFER_TEXTS_MAX 64
#define ATS_INFER_TEXT_MAX 64
#define ATS_INFER_KEYS_STEP 32

/* --- processor --- */
/* Values of one Avro record that is shown as JSON: an array of nulls takes no bytes, so its length alone bounds nothing. */
#define ATS_AVRO_JSON_VALUES_MAX 100000
/* Tasks (partitions) of one replay; each has a state of its own. */
#define ATS_REPLAY_TASKS_MAX 1024
/* The state of one task in a replay: a few kilobytes for each asset and use case. */
#define ATS_REPLAY_STATE_MAX ((size_t)2 * 1024 * 1024 * 1024)
/* Contracts, and use cases, given to one replay on the command line. */
#define ATS_REPLAY_DOCUMENTS_MAX 64

/* --- journal --- */
/* The least segment: a page, so that tests can fill one. Programs allow no less than a record of the largest size. */
#define ATS_JOURNAL_SEGMENT_MIN 4096
/* Segments at a time: each is a mapping, of which Linux allows 65,530 to a process. */
#define ATS_JOURNAL_SEGMENTS_MAX 16384
/* Readers open at a time: the forwarder's, and one that rebuilds replay windows or looks on. */
#define ATS_JOURNAL_READERS_MAX 4
/* How much may be read again after a crash: a second of traffic. A file is written and synced this often at most. */
#define ATS_JOURNAL_WATERMARK_INTERVAL_MS 1000
/* Between tries to create a segment on a disk that has no room for it. */
#define ATS_JOURNAL_CREATE_RETRY_MS 1000
/* The reader's naps before it asks to be woken: 1 ms each, so that a wake-up (a system call of the writer) is due at most
   50 times a second. */
#define ATS_JOURNAL_NAPS_MAX 20

/* --- control log --- */
/* A process's copy of the log: more than a disk has for it, so that the disk is what bounds it, and whoever signs much cannot end
   the log for every reader. These are addresses alone, which cost nothing; the file is as large as what was written. On 32 bits what
   is left there. */
#define ATS_CONTROL_MAP ((size_t)1 << (sizeof(size_t) > 4 ? 40 : 29))
/* The disk's room for the copy is low below so much, or below twice the copy: what making all void that a thief signed may take,
   and a rebuild. */
#define ATS_CONTROL_ROOM_MIN (UINT64_C(64) << 20)
#define ATS_CONTROL_ROOM_COPIES 2
/* Between two looks at it. */
#define ATS_CONTROL_ROOM_INTERVAL_MS 1000
/* A follower's wait for the next record; also what stopping it takes at most. */
#define ATS_CONTROL_POLL_TIMEOUT_MS 200
/* A follower's question where the log ends; asked again as long as somebody waits for it, and a stop waits for it. */
#define ATS_CONTROL_QUESTION_MS 2000
/* Between tries after an error that the Kafka client does not mend by itself. */
#define ATS_CONTROL_RETRY_INTERVAL_MS 2000
/* Between two times that a follower stores how far it has read where nothing was accepted: whoever floods the log with what nobody takes
   costs one sync a minute, and a start reads again at most what a minute's flood left. */
#define ATS_CONTROL_SAVE_INTERVAL_MS 60000
/* Records that share one commit of the local copy: a sync takes milliseconds, judging a record 0.1 ms. */
#define ATS_CONTROL_GROUP_MAX 256
/* Between two tries to make an altered local copy anew: reading 100,000 records again takes some ten seconds, and whoever alters
   the copy all the time must not keep the follower from new records for longer than that. */
#define ATS_CONTROL_MEND_INTERVAL_MS 60000
/* Without any record for so long, a try is given up. */
#define ATS_CONTROL_MEND_TIMEOUT_MS 10000

/* Members whose heartbeats a process keeps, some 0.5 KiB each: those of a large group. */
#define ATS_CONTROL_HEARTBEATS_MAX 64
/* Between two heartbeats of a member; two of them may be lost before a short control_max_age is over. */
#define ATS_CONTROL_HEARTBEAT_MS 10000
/* How far a heartbeat's time may be ahead of the reader's clock: what clocks without discipline differ by. What is further ahead
   does not count, so that one wrong clock ages no copy. */
#define ATS_CONTROL_HEARTBEAT_AHEAD_MS 60000
/* How long a copy may lack records that a heartbeat counts: longer than a follower is behind, or its reader opens anew. */
#define ATS_CONTROL_WITHHELD_MS 10000
/* Without new records a checkpoint comes this often: what expires does so in the log's time, exact to this. */
#define ATS_CONTROL_CHECKPOINT_MS 3600000
/* Between a member's tries: another record may come in between each time, and a bulk import brings many. */
#define ATS_CONTROL_CHECKPOINT_RETRY_MS 1000
/* After so long without success a member says that its checkpoints are held up: some sixty tries. */
#define ATS_CONTROL_CHECKPOINT_HELD_UP_MS 60000
/* A member's turn after the one before it in the group's record, and the last turn: within 10 s of new records. */
#define ATS_CONTROL_CHECKPOINT_TURN_MS 600
#define ATS_CONTROL_CHECKPOINT_TURNS 11
/* Of a piece of the log from a file: a million records of the usual size. */
#define ATS_CONTROL_FILE_MAX ((size_t)4 * 1024 * 1024 * 1024)

/* --- gate --- */
/* An MQTT client id that may become a session: a device's name, a separator and a suffix. */
#define ATS_CLIENT_ID_MAX 256
/* Devices that are connected, or whose use of limits a gate keeps; a device past it is refused as "gate-busy". */
#define ATS_GATE_DEVICES_MAX 200000
/* Keys of devices whose sequence window or counter of CONNECT a gate keeps, about 0.8 KiB each: two for each device, since they rotate. Past it those leave memory whose numbers the stores have; if none does, "gate-busy". */
#define ATS_GATE_NUMBERS_MAX (2 * ATS_GATE_DEVICES_MAX)
/* Kept keys that are looked at to make room for one: two look-ups in LMDB each, on the broker's thread. */
#define ATS_GATE_NUMBERS_LOOKS 8
/* Session keys that a gate's memory for them grows by, 48 KiB: few mappings for a large fleet, little for a small one. */
#define ATS_KEY_ARENA_CHUNK 1024
/* Session keys at a time: of each device the present and the previous ones. */
#define ATS_GATE_SESSION_KEYS_MAX (2 * ATS_GATE_DEVICES_MAX)
/* User properties of one publish that are looked at: reading one allocates in the broker. */
#define ATS_GATE_PROPERTIES_MAX 16
/* Ready-made ephemeral keys: what arrives in a burst of connections between two rounds of the forwarder. */
#define ATS_GATE_EPHEMERAL_KEYS 256
/* Contracts with limits whose use is counted apart for one device: 32 bytes each; those past it share the last place. */
#define ATS_GATE_LIMITED_CONTRACTS_MAX 32
/* How long a device is held off whose connection was closed for its rate: doubled each time up to the longest, and begun
   anew after as long without. */
#define ATS_GATE_HOLD_OFF_MS 1000
#define ATS_GATE_HOLD_OFF_MAX_MS 60000
/* Addresses, and devices, whose failed or held handshakes are counted: 16 bytes each. */
#define ATS_GATE_HANDSHAKES_KEPT 8192
/* What may come of them at once: that much of a limit a second. */
#define ATS_GATE_HANDSHAKES_BURST_MS 10000
/* Devices with the address where they last proved themselves: 8 bytes each, untouched memory until used. */
#define ATS_GATE_FAMILIAR_MAX 262144
/* Refused CONNECTs are added up, and who is held back is chosen anew, as often as this. */
#define ATS_GATE_SHED_STEP_MS 125
/* Refused CONNECTs within a second from one address that are none of two devices which try again once a second, as stock clients do. */
#define ATS_GATE_SHED_LEAST 3
/* CONNECTs within a second from one address that are refused for what others did to the share of handshakes, and are no flood of its own:
   as many as may fail by the default of `handshakes_per_address`. */
#define ATS_GATE_SHED_BESIDE 10
/* How long an address is held back once it has stopped. */
#define ATS_GATE_SHED_HOLD_MS 10000
/* Those who are not held back may be refused more often than the budget for as long until it is told: a fleet that comes back at once is no
   flood. */
#define ATS_GATE_SHED_REST_MS 3000
/* Until the next try to hold back, where no listener takes the filter: doubled each time up to the longest, since each looks at all of the
   process's descriptors, on the thread that forwards. */
#define ATS_GATE_SHED_RETRY_MS 1000
#define ATS_GATE_SHED_RETRY_MAX_MS 60000
/* Log lines a step about single addresses that are held back or let in: a third of what one event may have, and of what waits for the
   broker's thread (ATS_GATE_LOG_LINES) a small part. */
#define ATS_GATE_SHED_LINES 2
/* Connections that a sink lets go at a step: its queue has room for one, and whoever comes while it is emptied takes that. The next
   step lets go of more. */
#define ATS_GATE_SINK_DRAINED_MAX 16
/* Log lines of one other thread that wait for the broker's; more are counted and dropped. */
#define ATS_GATE_LOG_LINES 64
/* Names of changed devices that wait for the broker's thread; past it every session is looked at. */
#define ATS_GATE_CHANGES 1024
/* Connections that have ended, whose will may still come (a will delay), about 0.4 KiB each; past it the oldest is forgotten. As many
   as devices: such wills are for the outage that ends every connection at once. */
#define ATS_GATE_DEPARTED_MAX ATS_GATE_DEVICES_MAX
/* The same of one device: each of its client ids has one will that may still come. Past it its own oldest is forgotten. */
#define ATS_GATE_DEPARTED_PER_DEVICE 16
/* A revoked session's next publish is refused with a reason; when none comes, the connection is closed after this: a device that
   publishes each second still hears why. */
#define ATS_GATE_REVOKED_GRACE_MS 1000
/* After a receipt that says why: Mosquitto 2.0 sends it in its next round, and drops it if the connection goes in this one. With
   the time to the next tick (100 ms on an idle broker) the connection is closed within 200 ms of the refused publish, over
   WebSockets since its socket is shut down too (plugin/hang_up.h). */
#define ATS_GATE_RECEIPT_GRACE_MS 50
/* Between two looks for connections that must be closed, where somebody was. */
#define ATS_GATE_KICK_INTERVAL_MS 40
/* Connections closed at one look, so that a mass revocation does not hold the broker's thread. */
#define ATS_GATE_KICKS_MAX 64
/* Of these the ones that are closed by user name at once, for which the broker walks all its connections: some milliseconds each where there
   are 100,000. The others are closed by client id, and by name at the next look if they are still there. */
#define ATS_GATE_KICKS_BY_NAME 4
/* Devices, by contract, whose last event is remembered for rules that compare: some 60 MB where a contract has such rules. */
#define ATS_GATE_SERIES_MAX 100000
/* Receipts a second of one device, on all of its connections, so that one device cannot use up the budget of all. */
#define ATS_GATE_RECEIPTS_PER_DEVICE 20
/* Of the log's lines a second about one event, those that one device, or one address that connects, may bring about; and how many more
   where each is the first for its reason. */
#define ATS_GATE_LOG_LINES_PER_DEVICE 10
#define ATS_GATE_LOG_REASONS_PER_DEVICE 5
/* Shares of one /48 of IPv6: a site has one, with a loud network and another in it. */
#define ATS_GATE_LOG_NETWORKS_PER_SITE 2
/* Devices and addresses whose lines are counted: some 200 bytes each, so many of which are refused within one second. */
#define ATS_GATE_LOG_SHARES 1024
/* One that has had no line for as long is told of what had none: longer than the second after which its next line would tell it. */
#define ATS_GATE_LOG_QUIET_MS 2000
/* What `device_retained_topics` may say: 8 bytes of the gate each, which are walked at each retained publish, and a message that the
   broker keeps. */
#define ATS_GATE_DEVICE_RETAINED_MAX 4096
/* Subscriptions of a device below its commands, and client ids beside its name, that it may have at once; and how long until it may
   have one more: the broker gives no memory back for the first, and may keep a session for the second. */
#define ATS_GATE_DEVICE_NAMES_MAX 16
#define ATS_GATE_DEVICE_NEW_NAME_MS 60000
/* What such a filter has beyond `device_commands`: the broker keeps a node of its memory for each level. */
#define ATS_GATE_DEVICE_FILTER_LEVELS 8
#define ATS_GATE_DEVICE_FILTER_BYTES 256
/* One receipt: code, names, a topic, and a path and text of the contract. */
#define ATS_GATE_RECEIPT_MAX 4096
/* Quarantine takes at most this part of the journal, so that poison cannot keep good data out. */
#define ATS_GATE_QUARANTINE_SHARE 10
/* Records that are on their way to Kafka; below librdkafka's own queue limit. */
#define ATS_GATE_IN_FLIGHT_MAX 65536
/* Positions of one journal checkpoint: 32 bytes each, so that it stays far below Kafka's default limit of 1 MiB for a record, and
   one round trip for so many slows no gate. Past it what Kafka has taken waits in the journal. */
#define ATS_EVIDENCE_LEAVES_MAX 4096
/* How long a checkpoint waits for a copy of the control log that is being read anew, so that it names no fewer records than the one
   before it; past it the log itself has fewer, and forwarding must not stop for that. */
#define ATS_EVIDENCE_CONTROL_WAIT_MS 60000
/* Between the forwarder's attempts after a failure. */
#define ATS_GATE_RETRY_MS 1000
/* What the forwarder waits for an answer whether a topic is there: meanwhile nobody readies the journal's next segment. */
#define ATS_GATE_QUESTION_MS 200
/* The same over a slow link, after questions without an answer: longer than a satellite's round trip. */
#define ATS_GATE_QUESTION_MAX_MS 1600
/* What is waited for the report on a record that broke the producer: it is on its way within the process. */
#define ATS_GATE_REPORT_MS 100
/* What stopping waits for Kafka; the rest stays in the journal. */
#define ATS_GATE_STOP_MS 2000
/* Claims a second that cost a verification, and how many at once: they are strangers' work, 0.4 ms each, so at most two percent
   of the broker's thread; a line of new devices comes in tens. */
#define ATS_GATE_CLAIMS_PER_S 50
#define ATS_GATE_CLAIMS_BURST 100
/* Claims that wait for Kafka, of 2.5 KB each; more are told to come again. */
#define ATS_GATE_CLAIMS_QUEUED 64
/* What is remembered of a claim that was taken, so that the same one again is not written twice: longer than Kafka takes. */
#define ATS_GATE_CLAIM_MEMORY_MS 60000
/* A claim that Kafka has not taken by then: the next ones are told to come again, until it has. */
#define ATS_GATE_CLAIM_STALL_MS 5000
/* After Kafka refused to write a claim (no right, no topic). */
#define ATS_GATE_CLAIM_PAUSE_MS 5000
/* How long a claim's connection may stay open after its answer. */
#define ATS_GATE_CLAIM_GRACE_MS 1000
/* How often the list of sessions is made anew at most, and half a millisecond more for each session: a file of 20 MB, of 100,000, once
   in 55 s. */
#define ATS_GATE_PRESENCE_MS 5000
/* Sessions that are told of at one tick: a tenth of a millisecond of the broker's thread. Rows on their way to the file, about
   0.6 KiB each. */
#define ATS_GATE_PRESENCE_LOOKS_MAX 512
#define ATS_GATE_PRESENCE_ROWS 1024
/* The file of devices that have gone, and as much again of before: some 300,000 disconnections each. */
#define ATS_GATE_DEPARTED_FILE_MAX (64 * 1024 * 1024)
/* Acts of the control log that one round of the forwarder's upkeep looks at for `control_void`: two milliseconds at most. */
#define ATS_GATE_VOID_LOOKS_MAX 1000
/* What the wall clock goes ahead or back by at once, to be told: more than a clock is corrected by that is kept by NTP. */
#define ATS_GATE_CLOCK_JUMP_MS 2000
/* How often the forwarder writes metrics.json. */
#define ATS_GATE_METRICS_MS 1000
/* Devices, by contract and rule, whose events are counted: some 5 MB once all are met; what comes after is one sum. A site that breaks
   as many at a time has one cause for them, which the sum shows. A power of two. */
#define ATS_GATE_DEVICE_RULES_MAX 16384
/* Of these rows the forwarder's thread writes so many in one round: about a millisecond. */
#define ATS_GATE_DEVICE_RULES_WRITES_MAX 512
/* Counters and marks of the devices seen: some 100 bytes each. */
#define ATS_GATE_STATE_MAP (1ULL << 30)
/* How full such a store is when that is said, in percent: years before its end in a fleet that has taken years to fill it. And what
   must be free again before that is said. */
#define ATS_GATE_STATE_LOW_PERCENT 80.0
#define ATS_GATE_STATE_LOW_SLACK 5.0
/* The broker's configuration with the files it includes. */
#define ATS_BROKER_CONF_MAX (1024 * 1024)
#define ATS_BROKER_CONF_FILES_MAX 256

/* Listeners of the broker that are told apart; those past it count as plain. */
#define ATS_BROKER_LISTENERS_MAX 64
/* The longest life of a token that a gate may be told to take (`token_lifetime_max`): past any device's. And what it takes unless it is
   told: a device that is away for a week connects again without anybody's help, and what a thief has of it ends by itself. */
#define ATS_TOKEN_LIFETIME_MAX_DAYS 3650
#define ATS_TOKEN_LIFETIME_USUAL_DAYS 7
/* Single-use tokens of one key of a device that are remembered until they expire, 24 bytes each, in one value that fits a page of the
   store: a connection every quarter of an hour with tokens that live for a day. */
#define ATS_GATE_TOKENS_PER_KEY 128
/* Keys whose tokens the broker's memory holds, 0.1 KiB each and what is not stored yet: two for each device, since they rotate. */
#define ATS_GATE_TOKEN_KEYS_MAX (2 * ATS_GATE_DEVICES_MAX)
/* The store of them: a page for each key. */
#define ATS_GATE_TOKEN_MAP (4ULL << 30)
/* Between two looks for tokens to forget, each at one part in 65,536 of the keys: in a week each key once. */
#define ATS_GATE_TOKEN_PRUNE_MS 10000
/* How long a key's last token has expired when all are forgotten: more than clocks are set back by where nobody attacks. */
#define ATS_GATE_TOKEN_PRUNE_AGE_S (24 * 3600)
/* Keys of one look, in one commit of the store: a part of a million keys has 15. */
#define ATS_GATE_TOKEN_PRUNE_MAX 256
/* When a token or certificate has expired: a publish in that time is told so, then the connection is closed. */
#define ATS_GATE_EXPIRED_GRACE_MS 400
/* Sessions whose device is looked up at one tick after a change that may concern all, and those whose expiry is looked at: a
   millisecond, and half of one, of the broker's thread; 100,000 take some 5 s and 1.3 s of an idle broker's ticks. */
#define ATS_GATE_RECHECKS_MAX 2048
#define ATS_GATE_EXPIRY_LOOKS_MAX 8192
/* Between the beginnings of two passes over all sessions for those that have expired. */
#define ATS_GATE_EXPIRY_INTERVAL_MS 400

/* --- processor --- */
/* A transaction that is not committed by then is aborted by Kafka: a hung producer blocks every read_committed reader. */
#define ATS_TRANSACTION_TIMEOUT_MS 30000
/* One call of librdkafka's transaction interface; it is repeated up to the time-out above. */
#define ATS_TRANSACTION_CALL_MS 5000
/* Records of one transaction that wait to be sent. */
#define ATS_TRANSACTION_MESSAGES_MAX 200000
/* Input topics of one processor: each has a partition in every task, which keeps a position in it. Of more contracts those are
   read that were first in the control log (processor/runtime/inputs.h). */
#define ATS_INPUT_TOPICS_MAX 256
/* Between tries while Kafka or a topic is not there. */
#define ATS_RETRY_INTERVAL_MS 1000
/* A question for one topic's partitions; asked again, and a stop waits for it. */
#define ATS_TOPIC_QUESTION_MS 2000
/* Aborted transactions of a task in a row that are tried again at once: one with a record that is too large for Kafka, and that
   record alone. */
#define ATS_ABORTS_AT_ONCE_MAX 2
/* Between tries after that. */
#define ATS_ABORT_PAUSE_MS 1000
/* Committing or giving up all tasks of a worker when their partitions are taken, and when it stops: the others wait. */
#define ATS_REVOKE_BUDGET_MS 10000
/* Leaving the group after that. */
#define ATS_LEAVE_BUDGET_MS 3000
/* Opening the tasks of an assignment, changelogs included, before the group takes the worker for dead. */
#define ATS_TASK_OPEN_MAX_MS 600000
/* Topics that outputs go to; outputs.c has fewer. */
#define ATS_OUTPUT_TOPICS_MAX 16

/* How long a proposal may wait for the second person: one that is forgotten must not become an act much later. */
#define ATS_PROPOSAL_LIFE_MAX_MS (INT64_C(7) * 24 * 3600 * 1000)
#define ATS_PROPOSAL_LIFE_MS (INT64_C(24) * 3600 * 1000)
/* Records of one proposal: devices of a plant that two persons stop together. */
#define ATS_PROPOSAL_RECORDS_MAX 10000
/* Its file: as many devices, or 64 contracts of the longest kind that are published together. */
#define ATS_PROPOSAL_FILE_MAX ((size_t)80 * 1024 * 1024)
/* Suspensions and revocations an hour that a policy may leave to one operator. */
#define ATS_POLICY_HOURLY_MAX 1000000
/* Gates whose seal keys a task keeps at hand. */
#define ATS_SEAL_RING_GATES 256

/* --- HTTP --- */
/* An answer: the longest schema, as JSON, or the metrics. */
#define ATS_HTTP_BODY_MAX (2 * ATS_DOCUMENT_MAX + 65536)
/* Connections at a time: scrapers, probes, and one per consumer that looks up schemas. */
#define ATS_HTTP_CONNECTIONS_MAX 256
/* Of these from one address, so that nobody alone keeps probes and scrapers out. */
#define ATS_HTTP_CONNECTIONS_PER_ADDRESS_MAX 64
/* A connection that says nothing for that long is closed. */
#define ATS_HTTP_IDLE_TIMEOUT_S 30
/* A request, from the connection's begin or the answer before it until its own answer is taken: a client that sends a byte now and then
   holds its place no longer. Ample for the longest answer over a slow link. */
#define ATS_HTTP_DEADLINE_S 60
/* How often that is looked at. */
#define ATS_HTTP_SWEEP_MS 1000
/* Request line and headers. */
#define ATS_HTTP_REQUEST_MAX 16384
/* A path, decoded: of the longest, a subject (a topic's name) and a few words. */
#define ATS_HTTP_PATH_MAX 512
/* What is posted: a schema as a JSON text within JSON. */
#define ATS_HTTP_UPLOAD_MAX (2 * ATS_DOCUMENT_MAX)

/* --- a site's own Schema Registry, which the command line asks --- */
/* Until it takes the connection, and until it has answered: a cluster's leader may be asked behind it, and may just be elected. */
#define ATS_SCHEMA_REGISTRY_CONNECT_TIMEOUT_S 5
#define ATS_SCHEMA_REGISTRY_TIMEOUT_S 20
/* How often each of its addresses is asked, and the pause behind the first round, which doubles: a restart is waited out, no more. */
#define ATS_SCHEMA_REGISTRY_TRIES 3
#define ATS_SCHEMA_REGISTRY_PAUSE_MS 250
/* An answer: the longest schema, as a JSON text within JSON. */
#define ATS_SCHEMA_REGISTRY_ANSWER_MAX (2 * ATS_DOCUMENT_MAX + 65536)

/* --- command line --- */
/* What a command waits for Kafka before it gives up (exit code 3). */
#define ATS_CLI_KAFKA_TIMEOUT_MS 30000
/* Of that time, what passes before a person is told what the command waits for. */
#define ATS_CLI_KAFKA_NOTE_MS 2000
/* The same for a command that can do with the local copy. */
#define ATS_CLI_KAFKA_TIMEOUT_READ_MS 3000
/* What a command waits for another that has the fleet's store. */
#define ATS_CLI_STORE_TIMEOUT_MS 60000
/* The same for a command that only says more with it. */
#define ATS_CLI_COPY_TIMEOUT_MS 3000
/* Devices of one bulk call: what one commit of the log's reader and a person's patience take. */
#define ATS_CLI_BULK_MAX 100000
/* Rows of a CSV file that go into the control log together: one wait for Kafka, and a step of the progress that a person sees. */
#define ATS_CLI_IMPORT_ROWS 1000
/* The page of `docs`: a hundred contracts of the longest kind, or thousands of usual ones. */
#define ATS_CLI_DOCS_PAGE_MAX ((size_t)64 << 20)
/* A CSV file of as many devices as one call takes, 512 bytes each. */
#define ATS_CLI_IMPORT_FILE_MAX (ATS_CLI_BULK_MAX * 512)
/* Schemas whose records are shown decoded: as many as all contracts of a fleet may have topics. */
#define ATS_CLI_DECODERS_MAX 4096
/* Rows that `quarantine list` holds back to sort them, and values that it counts apart: a hundred MB of memory. */
#define ATS_CLI_QUARANTINE_ROWS_MAX 100000
/* Records of a telemetry topic that `contract retire` looks through for who uses a version: a minute or two. */
#define ATS_CLI_USE_RECORDS_MAX 5000000
/* How far back it may look, in hours: a year. */
#define ATS_CLI_USE_HOURS_MAX 8784

#endif
