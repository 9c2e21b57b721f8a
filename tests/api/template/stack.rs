//! What AWS decides about the stack of `template.yaml`, and a stand-in does not show.

use std::collections::BTreeSet;

use local::{families::RESOURCES, tables::TABLES};
use serde_yaml_ng::Value;

use super::{at, names, of_type, template, text};

/// What a stream itself drops after 24 hours is told to nobody; what Lambda drops goes to the queue.
#[test]
fn what_waits_too_long_in_a_stream_is_dropped_by_lambda_and_not_by_the_stream() {
    let template = template();
    let sources =
        at(&template, &["Resources", "RelayFunction", "Properties", "Events"]).as_mapping().unwrap();
    let streams: Vec<_> = sources.iter().filter(|(_, source)| source["Type"] == "DynamoDB").collect();
    assert_eq!(streams.len(), TABLES.iter().filter(|table| table.is_streamed).count());
    for (name, source) in streams {
        let source = at(source, &["Properties"]);
        let age = source["MaximumRecordAgeInSeconds"].as_u64().unwrap();
        assert!((3_600..86_400).contains(&age), "{name:?}: {age}");
        let goes_to = text(at(source, &["DestinationConfig", "OnFailure", "Destination"]));
        assert_eq!(goes_to, "ParkedQueue.Arn", "{name:?}");
        assert_eq!(source["MaximumRetryAttempts"].as_i64(), Some(-1), "{name:?}");
    }
}

/// DynamoDB makes one table with indexes at a time.
#[test]
fn tables_with_indexes_are_made_one_after_the_other() {
    let template = template();
    let tables = of_type(&template, "AWS::DynamoDB::Table");
    let indexed = tables.iter().filter(|(_, table)| !table["Properties"]["GlobalSecondaryIndexes"].is_null());
    let waits_for: Vec<_> =
        indexed.map(|(name, table)| (name.as_str(), table["DependsOn"].as_str())).collect();
    for pair in waits_for.windows(2) {
        assert_eq!(pair[1].1, Some(pair[0].0), "{waits_for:?}");
    }
    assert!(waits_for.len() > 1);
}

/// Any other text here makes a new key ring with the next deployment, and every token worthless.
#[test]
fn the_key_ring_is_made_once() {
    let template = template();
    let ring = at(&template, &["Resources", "KeyRing", "Properties", "GenerateSecretString"]);
    let frozen = "ExcludePunctuation: true\nGenerateStringKey: k1\nPasswordLength: 64\n\
                  SecretStringTemplate: '{\"current\":\"k1\"}'";
    let mut lines: Vec<_> = text(ring).lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines.join("\n"), frozen);
    let others: Vec<_> = names(at(&template, &["Resources", "KeyRing", "Properties"])).into_iter().collect();
    assert_eq!(others, ["Description", "GenerateSecretString"]);
}

#[test]
fn what_cannot_be_made_again_outlives_the_stack_but_not_a_stack_that_failed_to_be_made() {
    let template = template();
    let kinds = ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::Cognito::UserPool"];
    for (name, resource) in kinds.iter().flat_map(|kind| of_type(&template, kind)) {
        assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{name}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
    }
}

/// A queue that is worked on has an alarm when it stands still, one of what has failed when anything is in it.
#[test]
fn each_queue_has_an_alarm() {
    let template = template();
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    for (name, queue) in of_type(&template, "AWS::SQS::Queue") {
        let is_worked_on = !queue["Properties"]["RedrivePolicy"].is_null();
        let metric =
            if is_worked_on { "ApproximateAgeOfOldestMessage" } else { "ApproximateNumberOfMessagesVisible" };
        let looks = |alarm: &Value| {
            let about = text(&alarm["Properties"]["Dimensions"]);
            alarm["Properties"]["MetricName"] == metric && about.contains(&format!("{name}.QueueName"))
        };
        assert!(alarms.iter().any(|(_, alarm)| looks(alarm)), "{name}: {metric}");
    }
}

#[test]
fn what_needs_no_credential_has_a_throttle_of_its_own() {
    let template = template();
    let settings =
        at(&template, &["Resources", "Api", "Properties", "MethodSettings"]).as_sequence().unwrap();
    let of_its_own = settings.iter().filter(|one| text(&one["ThrottlingRateLimit"]) == "PublicRateLimit");
    let throttled: BTreeSet<_> = of_its_own.map(|one| text(&one["ResourcePath"])).collect();
    let public = RESOURCES.iter().filter(|resource| !resource.is_guarded);
    let encoded =
        |path: &str| if path == "/" { path.to_owned() } else { format!("/{}", path.replace('/', "~1")) };
    assert_eq!(throttled, public.map(|resource| encoded(resource.path)).collect());
}

/// A table's own metrics say nothing of its indexes, and nothing of transactions.
#[test]
fn each_table_index_and_operation_that_is_throttled_has_an_alarm() {
    let template = template();
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    let watches = |words: &[&str]| {
        let told = alarms.iter().map(|(_, alarm)| text(&alarm["Properties"]["Metrics"]));
        told.into_iter().any(|metrics| words.iter().all(|word| metrics.contains(word)))
    };
    for table in TABLES {
        let name = format!("{}{}Table", table.name[..1].to_uppercase(), &table.name[1..]);
        let by_name = format!("${{{name}}}");
        for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] {
            assert!(watches(&[metric, "Value: !Ref ", &name]), "{name}: {metric}");
            assert!(
                table.indexes.is_empty() || watches(&[metric, "GlobalSecondaryIndexName", &by_name]),
                "{name}: {metric} of its indexes"
            );
        }
        for metric in ["ThrottledRequests", "SystemErrors"] {
            assert!(watches(&[metric, "Operation", &by_name]), "{name}: {metric}");
        }
    }
}

#[test]
fn what_is_slow_and_what_a_schedule_leaves_undone_has_an_alarm() {
    let template = template();
    for alarm in ["ApiSlow", "AuthorizerSlow"] {
        let statistic = at(&template, &["Resources", alarm, "Properties", "ExtendedStatistic"]);
        assert_eq!(text(statistic), "p99", "{alarm}");
    }
    let jobs = at(&template, &["Resources", "JobsFunction", "Properties"]);
    let goes_to = at(jobs, &["EventInvokeConfig", "DestinationConfig", "OnFailure", "Destination"]);
    assert_eq!(text(goes_to), "DeadJobQueue.Arn");
    let stops = at(&template, &["Resources", "SweepStops", "Properties"]);
    assert_eq!(
        (text(&stops["MetricName"]), text(&stops["TreatMissingData"])),
        ("Invocations".into(), "breaching".into())
    );
}

/// What SQS and Lambda ask of FIFO queues, which a stand-in takes in any form.
#[test]
fn queues_of_lanes_are_such_as_aws_takes() {
    let template = template();
    let is_fifo = |queue: &Value| queue["Properties"]["FifoQueue"].as_bool() == Some(true);
    let queues = of_type(&template, "AWS::SQS::Queue");
    let lanes: Vec<_> = queues.iter().filter(|(_, queue)| is_fifo(queue)).collect();
    assert_eq!(lanes.len(), 3);
    for (name, queue) in &lanes {
        let properties = &queue["Properties"];
        // Together they make each group count for itself; one without the other is refused.
        assert_eq!(text(&properties["FifoThroughputLimit"]), "perMessageGroupId", "{name}");
        assert_eq!(text(&properties["DeduplicationScope"]), "messageGroup", "{name}");
        // A name of its own would have to end with .fifo, and would be in the way of the next stack.
        assert!(properties["QueueName"].is_null(), "{name}");
        if let Some(dead) = properties["RedrivePolicy"].as_mapping() {
            let dead = text(&dead["deadLetterTargetArn"]);
            assert!(
                lanes.iter().any(|(other, _)| dead == format!("{other}.Arn")),
                "{name}: {dead} is no FIFO queue"
            );
        }
    }
    let seconds = at(&template, &["Globals", "Function", "Timeout"]).as_u64().unwrap();
    let sources = at(&template, &["Resources", "DeliveriesFunction", "Properties", "Events"]);
    for (source, queue) in [("Requests", "RequestQueue"), ("SlowRequests", "SlowRequestQueue")] {
        let source = at(sources, &[source, "Properties"]);
        assert_eq!(text(&source["Queue"]), format!("{queue}.Arn"));
        // A FIFO queue gives at most ten messages, and does not wait for more of them.
        assert!(
            source["BatchSize"].as_u64().unwrap() <= 10 && source["MaximumBatchingWindowInSeconds"].is_null()
        );
        let (_, queue) = lanes.iter().find(|(name, _)| name == queue).unwrap();
        assert!(queue["Properties"]["VisibilityTimeout"].as_u64().unwrap() >= 6 * seconds);
    }
}
