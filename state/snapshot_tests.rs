//! The snapshot against what Terraform writes and what can be wrong with a file.

use super::*;

/// Written by Terraform, with everything in it that a state can have.
const WRITTEN: &str = r#"{
  "version": 4,
  "terraform_version": "1.11.4",
  "serial": 17,
  "lineage": "e4296b04-d324-88a2-a4ed-3b8f49f0357c",
  "outputs": {
    "o": {
      "value": {
        "a": [
          12345678901234567890.50,
          "\u003ca\u003e\u0026"
        ]
      },
      "type": [
        "object",
        {
          "a": [
            "tuple",
            [
              "number",
              "string"
            ]
          ]
        }
      ],
      "sensitive": true
    }
  },
  "resources": [
    {
      "mode": "data",
      "type": "z",
      "name": "z",
      "provider": "provider[\"terraform.io/builtin/terraform\"]",
      "instances": []
    },
    {
      "mode": "managed",
      "type": "terraform_data",
      "name": "b",
      "provider": "provider[\"terraform.io/builtin/terraform\"]",
      "instances": [
        {
          "index_key": 2,
          "status": "tainted",
          "schema_version": 0,
          "attributes": {
            "id": "06425bd4-fd8c-2f5f-f16e-c21aecbdd3ee",
            "input": null
          },
          "sensitive_attributes": []
        },
        {
          "index_key": 10,
          "deposed": "00c0ffee",
          "schema_version": 1,
          "attributes": {},
          "sensitive_attributes": [
            [
              {
                "type": "get_attr",
                "value": "input"
              },
              {
                "type": "index",
                "value": {
                  "value": 0,
                  "type": "number"
                }
              },
              {
                "type": "index",
                "value": {
                  "value": "k",
                  "type": "string"
                }
              }
            ]
          ],
          "identity_schema_version": 0,
          "private": "bnVsbA==",
          "dependencies": [
            "module.m.terraform_data.a"
          ],
          "create_before_destroy": true
        },
        {
          "index_key": "a",
          "schema_version": 0,
          "attributes": {},
          "sensitive_attributes": []
        }
      ]
    },
    {
      "module": "module.m[\"k\\\"1\"]",
      "mode": "managed",
      "type": "a",
      "name": "a",
      "provider": "module.m.provider[\"terraform.io/builtin/terraform\"].x",
      "instances": []
    }
  ],
  "check_results": [
    {
      "object_kind": "check",
      "config_addr": "check.c",
      "status": "fail",
      "objects": [
        {
          "object_addr": "check.c",
          "status": "fail",
          "failure_messages": [
            "no"
          ]
        }
      ]
    },
    {
      "object_kind": "output",
      "config_addr": "output.x",
      "status": "unknown",
      "objects": null
    }
  ]
}
"#;

#[test]
fn what_terraform_wrote_is_written_again_byte_for_byte() {
    assert_eq!(write(&read(WRITTEN).unwrap()), WRITTEN);
}

#[test]
fn an_empty_state_looks_as_terraform_writes_it() {
    assert_eq!(
        write(&Snapshot { serial: 1, ..Snapshot::new("l") }),
        "{\n  \"version\": 4,\n  \"terraform_version\": \"1.11.4\",\n  \"serial\": 1,\n  \"lineage\": \"l\",\n  \"outputs\": {},\n  \"resources\": [],\n  \"check_results\": null\n}\n"
    );
}

#[test]
fn a_state_cut_anywhere_is_refused_at_that_byte() {
    for cut in (0..WRITTEN.len() - 2).filter(|cut| WRITTEN.is_char_boundary(*cut)) {
        match read(&WRITTEN[..cut]) {
            Err(StateError::Torn { byte, .. }) => assert!(byte <= cut, "cut at {cut}, said {byte}"),
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

#[test]
fn other_formats_are_named() {
    let refusal = |text: &str| read(text).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        refusal(r#"{"version": 5, "terraform_version": "1.99.0"}"#),
        "state format 5 is not supported, only 4 (written by Terraform 1.99.0)"
    );
    assert_eq!(refusal(r#"{"version": 3}"#), "state format 3 is not supported, only 4");
    assert_eq!(refusal(r#"{"a": 1}"#), "this is no Terraform state: it does not say its format `version`");
    assert_eq!(
        refusal("{\n  \"version\": 4,\n  x"),
        "not valid JSON at byte 20: key must be a string at line 3 column 3"
    );
}

#[test]
fn what_could_not_be_kept_is_refused() {
    let state = |serial: &str, value: &str| {
        let text = format!(
            r#"{{"version":4,"serial":{serial},"outputs":{{"o":{{"value":{value},"type":"dynamic"}}}}}}"#
        );
        read(&text).map(|snapshot| snapshot.outputs.len()).map_err(|error| error.to_string())
    };
    let deep = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
    let unreadable = Err("this is no Terraform state: the value of the output `o` cannot be read".to_owned());
    assert_eq!(state("1", &deep(200)), Ok(1));
    assert_eq!(state("1", &deep(100_000)), unreadable);
    assert_eq!(state("1", "1e999999999"), unreadable);
    let uncountable = Err("this is no Terraform state: its serial cannot be counted on".to_owned());
    assert_eq!(state("18446744073709551615", "1"), uncountable);
}

#[test]
fn the_last_object_takes_its_resource_along() {
    let mut snapshot = read(WRITTEN).unwrap();
    let address = "terraform_data.n[0]".parse().unwrap();
    let object = InstanceObject::new(0, RawJson::parse("{}").unwrap());
    assert_eq!(snapshot.put(&address, Some("d"), "p", object.clone()), None);
    assert_eq!(snapshot.object(&address, None), None);
    assert_eq!(snapshot.remove(&address, Some("d")), Some(object));
    assert_eq!(snapshot, read(WRITTEN).unwrap());
}

#[test]
fn objects_know_their_addresses() {
    let snapshot = read(WRITTEN).unwrap();
    let addresses: Vec<String> = snapshot.objects().map(|entry| entry.address.to_string()).collect();
    assert_eq!(addresses, ["terraform_data.b[2]", "terraform_data.b[10]", "terraform_data.b[\"a\"]"]);
}

#[test]
fn objects_of_provider_instances_name_them_as_opentofu_does() {
    let configuration = r#"provider["registry.terraform.io/hashicorp/azurerm"].by_region"#;
    let mut snapshot = Snapshot::new("l");
    let object = InstanceObject::new(0, RawJson::parse("{}").unwrap());
    for key in ["east", "west"] {
        let provider = crate::provider_instance::instance(configuration, key);
        let address: Address = format!("a.b[\"{key}\"]").parse().unwrap();
        snapshot.put(&address, None, &provider, object.clone());
        assert_eq!(snapshot.provider(&address, None), Some(&*provider));
    }
    snapshot.put(&"a.c".parse().unwrap(), None, configuration, object);
    let written: serde_json::Value = serde_json::from_str(&write(&snapshot)).unwrap();
    let [each, one] = written["resources"].as_array().unwrap().as_slice() else { panic!("{written}") };
    assert_eq!(each.get("provider"), None);
    assert_eq!(each["instances"][1]["provider"], format!("{configuration}[\"west\"]"));
    assert_eq!((&one["provider"], one["instances"][0].get("provider")), (&configuration.into(), None));
    assert_eq!(read(&write(&snapshot)).unwrap(), snapshot);
}

#[test]
fn a_resource_without_a_provider_is_refused() {
    let text =
        r#"{"version":4,"serial":1,"resources":[{"mode":"managed","type":"a","name":"b","instances":[]}]}"#;
    let refused = read(text).unwrap_err().to_string();
    assert!(refused.contains("a.b does not say its provider"), "{refused}");
}
