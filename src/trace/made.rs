//! What an event made or opened, and which option of unplug cuts it.

use serde::Serialize;

use super::Event;

/// A thing that a suspect made, or opened to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Made {
    /// `user`, `access key`, `role`, `trust`, `policy`, `function`, `instance` …
    pub kind: &'static str,
    /// Its id or name, as the steps name it.
    pub id: String,
    /// Whose it is: the user of a key, the role of a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The option that names it as a target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    pub call: String,
    pub time: String,
    pub region: String,
    /// The number of the event among the records.
    #[serde(skip)]
    pub event: usize,
}

/// The option of a selection that names what was made, and the step that then cuts it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Offer {
    pub step: u16,
    /// Without the dashes: `key`, `principal`, `instance`; empty where the step acts on it unnamed.
    pub option: &'static str,
    pub value: String,
}

impl Offer {
    fn new(step: u16, option: &'static str, value: impl Into<String>) -> Offer {
        Offer { step, option, value: value.into() }
    }

    /// The offer of a step that acts on the thing without a name.
    fn unnamed(step: u16) -> Offer {
        Offer::new(step, "", "")
    }

    /// Has it to be named?
    pub fn is_named(&self) -> bool {
        !self.option.is_empty()
    }

    /// `--key AKIA…`.
    pub fn words(&self) -> String {
        format!("--{} {}", self.option, self.value)
    }
}

/// One thing: its kind, its id, whose it is, and the option.
type Thing = (&'static str, String, Option<String>, Option<Offer>);

/// What this event made or opened. Nothing where the call failed.
pub(super) fn of(event: Event<'_>, number: usize) -> Vec<Made> {
    if event.error().is_some() || event.reads() {
        return vec![];
    }
    let things = match event.service() {
        "iam" => iam(event).into_iter().collect(),
        "ec2" => ec2(event),
        _ => other(event).into_iter().collect(),
    };
    let made = |(kind, id, of, offer): Thing| Made {
        kind,
        id,
        of,
        offer,
        call: event.call(),
        time: event.time().to_owned(),
        region: event.region().to_owned(),
        event: number,
    };
    things.into_iter().map(made).collect()
}

/// The ARN of a principal that AWS's answer does not name. Its path is unknown, and taken for `/`.
fn arn(event: Event<'_>, kind: &str, name: &str) -> String {
    let partition = event.caller().split(':').nth(1).filter(|p| !p.is_empty()).unwrap_or("aws");
    format!("arn:{partition}:iam::{}:{kind}/{name}", event.account())
}

fn iam(event: Event<'_>) -> Option<Thing> {
    let user = || event.asked("userName").or(event.user()).map(str::to_owned);
    let role = || event.asked("roleName").map(str::to_owned);
    let cut_user = |name: &str| Some(Offer::new(600, "principal", arn(event, "user", name)));
    let cut_role = |name: &str| Some(Offer::new(600, "principal", arn(event, "role", name)));
    Some(match event.name() {
        "CreateUser" => {
            let name = user()?;
            let arn = event.answered("user/arn").map_or_else(|| arn(event, "user", &name), str::to_owned);
            ("user", name, None, Some(Offer::new(600, "principal", arn)))
        }
        "CreateRole" => {
            let name = role()?;
            let arn = event.answered("role/arn").map_or_else(|| arn(event, "role", &name), str::to_owned);
            (
                "role",
                name,
                trusted(event, "assumeRolePolicyDocument"),
                Some(Offer::new(600, "principal", arn)),
            )
        }
        "CreateAccessKey" => {
            let key = event.answered("accessKey/accessKeyId")?.to_owned();
            let of = event.answered("accessKey/userName").map(str::to_owned).or_else(user);
            ("access key", key.clone(), of, Some(Offer::new(100, "key", key)))
        }
        "UpdateAccessKey" if event.asked("status") == Some("Active") => {
            let key = event.asked("accessKeyId")?.to_owned();
            ("access key turned on", key.clone(), user(), Some(Offer::new(100, "key", key)))
        }
        "CreateLoginProfile" | "UpdateLoginProfile" => {
            let name = user()?;
            let offer = cut_user(&name);
            ("console password", name, None, offer)
        }
        "UpdateAssumeRolePolicy" => {
            let name = role()?;
            let offer = cut_role(&name);
            ("trust", name, trusted(event, "policyDocument"), offer)
        }
        "PutUserPolicy" | "AttachUserPolicy" => {
            let name = user()?;
            let offer = cut_user(&name);
            ("policy of a user", policy(event)?, Some(name), offer)
        }
        "PutRolePolicy" | "AttachRolePolicy" => {
            let name = role()?;
            let offer = cut_role(&name);
            ("policy of a role", policy(event)?, Some(name), offer)
        }
        "PutGroupPolicy" | "AttachGroupPolicy" => {
            ("policy of a group", policy(event)?, event.asked("groupName").map(str::to_owned), None)
        }
        "AddUserToGroup" => {
            let name = user()?;
            let offer = cut_user(&name);
            ("member of a group", event.asked("groupName")?.to_owned(), Some(name), offer)
        }
        "CreatePolicyVersion" => ("policy version", event.asked("policyArn")?.to_owned(), None, None),
        "CreatePolicy" => ("policy", event.asked("policyName")?.to_owned(), None, None),
        "DeleteUserPermissionsBoundary" => {
            let name = user()?;
            let offer = cut_user(&name);
            ("boundary taken off", name, None, offer)
        }
        "DeleteRolePermissionsBoundary" => {
            let name = role()?;
            let offer = cut_role(&name);
            ("boundary taken off", name, None, offer)
        }
        "CreateServiceSpecificCredential" | "ResetServiceSpecificCredential" => {
            let id = event.answered("serviceSpecificCredential/serviceSpecificCredentialId");
            ("service credential", id?.to_owned(), user(), Some(Offer::unnamed(620)))
        }
        "UploadSSHPublicKey" => {
            let id = event.answered("sSHPublicKey/sSHPublicKeyId")?;
            ("SSH key", id.to_owned(), user(), Some(Offer::unnamed(620)))
        }
        "UploadSigningCertificate" => {
            ("signing certificate", event.answered("certificate/certificateId")?.to_owned(), user(), None)
        }
        "CreateSAMLProvider" => ("SAML provider", event.asked("name")?.to_owned(), None, None),
        "CreateOpenIDConnectProvider" => {
            ("OpenID Connect provider", event.asked("url")?.to_owned(), None, None)
        }
        "CreateVirtualMFADevice" => {
            ("MFA device", event.asked("virtualMFADeviceName")?.to_owned(), None, None)
        }
        _ => return None,
    })
}

fn policy(event: Event<'_>) -> Option<String> {
    event.asked("policyName").or_else(|| event.asked("policyArn")).map(str::to_owned)
}

/// Whom a trust policy lets in, where it names accounts other than this one, or everybody.
fn trusted(event: Event<'_>, member: &str) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(event.asked(member)?).ok()?;
    let outside = outsiders(&document, event.account());
    (!outside.is_empty()).then(|| format!("trusts {}", outside.join(", ")))
}

/// The principals of a policy that are not of this account and no services of AWS.
fn outsiders(document: &serde_json::Value, account: &str) -> Vec<String> {
    let mut found = vec![];
    for statement in many(&document["Statement"]) {
        let principal = &statement["Principal"];
        let named = [principal, &principal["AWS"], &principal["Federated"]].map(many);
        let words = named.iter().flatten().filter_map(|value| value.as_str());
        found.extend(words.filter(|word| !word.contains(account) || account.is_empty()).map(str::to_owned));
    }
    found.sort();
    found.dedup();
    found
}

/// One value stands for a list of one.
fn many(value: &serde_json::Value) -> Vec<&serde_json::Value> {
    match value {
        serde_json::Value::Array(items) => items.iter().collect(),
        serde_json::Value::Null => vec![],
        one => vec![one],
    }
}

fn ec2(event: Event<'_>) -> Vec<Thing> {
    let ids = |pointer: &str, member: &str| -> Vec<String> {
        let items = event.0.pointer(pointer).and_then(serde_json::Value::as_array).into_iter().flatten();
        items.filter_map(|item| item[member].as_str().map(str::to_owned)).collect()
    };
    let with = |kind, id: Option<&str>, offer: Option<Offer>| {
        id.map(|id| vec![(kind, id.to_owned(), None, offer)]).unwrap_or_default()
    };
    let one = |kind, id: Option<&str>| with(kind, id, None);
    match event.name() {
        "RunInstances" => {
            let mut found = ids("/responseElements/instancesSet/items", "instanceId");
            found.extend(ids("/responseElements/instances", "instanceId"));
            let thing = |id: String| ("instance", id.clone(), None, Some(Offer::new(510, "instance", id)));
            found.into_iter().map(thing).collect()
        }
        "RequestSpotFleet" => {
            with("Spot fleet", event.answered("spotFleetRequestId"), Some(Offer::unnamed(505)))
        }
        "CreateFleet" => one("fleet", event.answered("CreateFleetResponse/fleetId")),
        "CreateKeyPair" | "ImportKeyPair" => one("key pair", event.asked("keyName")),
        "CreateLaunchTemplate" => one(
            "launch template",
            event.answered("CreateLaunchTemplateResponse/launchTemplate/launchTemplateId"),
        ),
        "AuthorizeSecurityGroupIngress" => {
            with("opened security group", event.asked("groupId"), Some(Offer::unnamed(510)))
        }
        "CreateVpcPeeringConnection" => {
            let id = event.answered("vpcPeeringConnection/vpcPeeringConnectionId");
            with("peering", id, Some(Offer::unnamed(580)))
        }
        "ModifySnapshotAttribute" => one("shared snapshot", event.asked("snapshotId")),
        "ModifyImageAttribute" => one("shared image", event.asked("imageId")),
        "ReplaceIamInstanceProfileAssociation" | "AssociateIamInstanceProfile" => {
            let id = event.0.pointer("/requestParameters/AssociateIamInstanceProfileRequest/InstanceId");
            one("instance's role", id.and_then(serde_json::Value::as_str))
        }
        _ => vec![],
    }
}

fn other(event: Event<'_>) -> Option<Thing> {
    // Lambda's and some others' names end in a date: CreateFunction20150331.
    let name = event.name().trim_end_matches(|c: char| c.is_ascii_digit() || c == 'v' || c == '_');
    let thing = |kind, member: &str| Some((kind, event.asked(member)?.to_owned(), None, None));
    let mail = |member: &str| {
        Some(("mail identity", event.asked(member)?.to_owned(), None, Some(Offer::unnamed(400))))
    };
    let deletion =
        |kind, member: &str| Some((kind, event.asked(member)?.to_owned(), None, Some(Offer::unnamed(605))));
    match (event.service(), name) {
        ("lambda", "CreateFunction" | "UpdateFunctionCode" | "UpdateFunctionConfiguration") => {
            thing("function", "functionName")
        }
        ("lambda", "AddPermission") => thing("function opened to others", "functionName"),
        ("lambda", "CreateFunctionUrlConfig") => thing("function's URL", "functionName"),
        ("lambda", "PublishLayerVersion") => thing("Lambda layer", "layerName"),
        ("lambda", "CreateEventSourceMapping") => thing("trigger of a function", "functionName"),
        ("events", "PutRule") => thing("EventBridge rule", "name"),
        ("scheduler", "CreateSchedule") => thing("schedule", "name"),
        ("cloudformation", "CreateStack") => thing("stack", "stackName"),
        ("ecs", "RegisterTaskDefinition") => thing("task definition", "family"),
        ("ecs", "CreateService") => thing("ECS service", "serviceName"),
        ("autoscaling", "CreateAutoScalingGroup") => thing("Auto Scaling group", "autoScalingGroupName"),
        ("ses", "VerifyEmailIdentity") => mail("emailAddress"),
        ("ses", "VerifyDomainIdentity") => mail("domain"),
        ("ses", "CreateEmailIdentity") => mail("emailIdentity"),
        ("s3", "PutBucketPolicy") => thing("bucket policy", "bucketName"),
        ("s3", "CreateBucket") => thing("bucket", "bucketName"),
        ("kms", "PutKeyPolicy" | "CreateGrant") => thing("access to a key", "keyId"),
        ("secretsmanager", "PutResourcePolicy") => thing("secret opened to others", "secretId"),
        ("secretsmanager", "DeleteSecret") if event.asked_yes("forceDeleteWithoutRecovery") => {
            thing("secret deleted at once", "secretId")
        }
        ("secretsmanager", "DeleteSecret") => deletion("secret to be deleted", "secretId"),
        ("kms", "ScheduleKeyDeletion") => deletion("KMS key to be deleted", "keyId"),
        ("kms", "DisableKey") => thing("KMS key disabled", "keyId"),
        ("kms", "DeleteImportedKeyMaterial") => thing("key material deleted", "keyId"),
        ("s3", "PutBucketLifecycle") => thing("lifecycle rules of a bucket", "bucketName"),
        ("backup", "UpdateRecoveryPointLifecycle") => thing("lifecycle of a backup", "recoveryPointArn"),
        ("backup", "DeleteRecoveryPoint") => thing("backup deleted", "recoveryPointArn"),
        ("logs", "PutRetentionPolicy") => thing("log retention changed", "logGroupName"),
        ("rolesanywhere", "CreateTrustAnchor") => thing("Roles Anywhere trust anchor", "name"),
        ("cloudtrail", "StopLogging" | "DeleteTrail" | "UpdateTrail" | "PutEventSelectors") => event
            .asked("name")
            .or(event.asked("trailName"))
            .map(|name| ("trail turned off or changed", name.to_owned(), None, Some(Offer::unnamed(200)))),
        ("guardduty", "DeleteDetector" | "UpdateDetector") => {
            thing("GuardDuty turned off or changed", "detectorId")
        }
        _ => None,
    }
}
