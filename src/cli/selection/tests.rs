use super::*;

fn instance(id: &str) -> Suspects {
    Suspects { instances: [id.to_owned()].into(), ..Suspects::default() }
}

#[test]
fn a_playbook_for_named_instances_is_refused_without_one() {
    let config = Config::default();
    let mut choice = SelectionArgs { playbook: "quarantine-instance".into(), ..SelectionArgs::default() };
    choice.place.vpc = vec!["vpc-1".into()];
    let refused = choice.resolve(&config).unwrap_err();
    assert!(refused.error.contains("for instances that you name"), "{refused:?}");
    assert!(choice.resolve_anywhere(&config).is_ok());

    choice.suspect(&instance("i-1")).unwrap();
    assert_eq!(choice.resolve(&config).unwrap().scope.instances, ["i-1".to_owned()].into());
    choice.suspect(&instance("i-2")).unwrap();
    assert_eq!(choice.place.instance, ["i-1"], "what is named is not replaced");
}

fn steps_of(choice: &SelectionArgs) -> (Vec<u16>, Vec<u16>) {
    let selection = choice.resolve_anywhere(&Config::default()).unwrap();
    let taken = selection.steps.iter().map(|selected| selected.step.0).collect();
    (taken, selection.left_out.iter().map(|step| step.0).collect())
}

fn with(place: PlaceArgs) -> SelectionArgs {
    SelectionArgs { playbook: playbook::DEFAULT.into(), place, ..SelectionArgs::default() }
}

#[test]
fn what_is_wider_than_the_places_named_is_left_out_unless_it_is_named() {
    let one = || vec!["x-1".to_owned()];
    for place in [
        PlaceArgs { instance: one(), ..PlaceArgs::default() },
        PlaceArgs { subnet: one(), ..PlaceArgs::default() },
        PlaceArgs { vpc: one(), ..PlaceArgs::default() },
        PlaceArgs { tag: vec![("a".into(), "b".into())], ..PlaceArgs::default() },
    ] {
        let mut choice = with(place);
        let (taken, left_out) = steps_of(&choice);
        assert_eq!(
            left_out,
            [100, 110, 190, 200, 310, 400, 410, 600, 605, 610, 615, 620, 630, 660, 670, 700]
        );
        assert!(taken.contains(&510) && taken.contains(&590) && !taken.contains(&400), "{taken:?}");

        choice.place.key = vec!["AKIAIOSFODNN7EXAMPLE".into()];
        assert_eq!(
            steps_of(&choice).1,
            [110, 200, 310, 400, 410, 600, 605, 610, 615, 620, 630, 660, 670, 700],
            "a key that is named names its step"
        );
        choice.place.key.clear();
        choice.steps = vec!["400".parse().unwrap(), "610".parse().unwrap()];
        assert_eq!(steps_of(&choice), (vec![400, 610], vec![]), "what is named is taken");
    }
    let regions = with(PlaceArgs { regions: one(), ..PlaceArgs::default() });
    let wide = [100, 110, 190, 200, 310, 410, 600, 610, 620, 630, 700];
    assert_eq!(steps_of(&regions).1, wide, "mail is a Region's");
    assert_eq!(steps_of(&with(PlaceArgs::default())).1, [0; 0]);
}

#[test]
fn the_regions_of_a_configuration_leave_no_step_out() {
    let config = Config { regions: Some(["eu-west-1".to_owned()].into()), ..Config::default() };
    let selection = with(PlaceArgs::default()).resolve(&config).unwrap();
    assert_eq!((selection.left_out, selection.scope.regions), (vec![], config.regions));
}

#[test]
fn a_key_is_not_named_in_vain() {
    let key = PlaceArgs { key: vec!["AKIAIOSFODNN7EXAMPLE".into()], ..PlaceArgs::default() };
    let network = SelectionArgs { playbook: "network-fast".into(), ..with(key) };
    let refused = network.resolve(&Config::default()).unwrap_err();
    assert!(refused.error.contains("step 100, which network-fast does not take here"), "{refused:?}");
}

#[test]
fn two_values_of_one_tag_are_not_silently_one() {
    let tag = |values: &[&str]| {
        let tag = values.iter().map(|value| ("env".to_owned(), (*value).to_owned())).collect();
        with(PlaceArgs { tag, ..PlaceArgs::default() }).resolve(&Config::default())
    };
    assert!(tag(&["a", "a"]).is_ok());
    let refused = tag(&["a", "b"]).unwrap_err();
    assert_eq!(refused.error, "--tag names env twice, as a and as b");
}

#[test]
fn a_playbook_for_everything_takes_no_suspect() {
    let mut choice = SelectionArgs { playbook: playbook::DEFAULT.into(), ..SelectionArgs::default() };
    choice.suspect(&instance("i-1")).unwrap();
    assert!(choice.place.instance.is_empty());
}

#[test]
fn a_page_is_read_only_where_a_step_shows_it() {
    let with_page = |playbook: &str, file: &str| {
        let choice = SelectionArgs {
            playbook: playbook.into(),
            page: Some(file.into()),
            ..with(PlaceArgs::default())
        };
        choice.resolve(&Config::default())
    };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let own = file("own page.html", "\u{feff}<p>closed\r\n");
    assert_eq!(with_page("maintenance", &own).unwrap().scope.page.as_deref(), Some("<p>closed"));
    let why = with_page("network-fast", &own).unwrap_err().error;
    assert_eq!(why, "--page is for steps 310 and 320, none of which network-fast takes here");
    let why = with_page("maintenance", &file("large.html", &"x".repeat(1_025))).unwrap_err().error;
    assert!(
        why.ends_with("large.html: it has 1025 bytes, and a load balancer takes 1024: 1 too many"),
        "{why}"
    );
    assert!(with_page("maintenance", &file("none.html", "")).unwrap_err().error.ends_with("it is empty"));
    assert!(with_page("maintenance", "nowhere.html").is_err());
    let choice = SelectionArgs { page: Some(own.clone().into()), ..with(PlaceArgs::default()) };
    assert_eq!(choice.words(), format!(" --page '{own}'"));
}

/// The sentences that are read before yes follow from the parameters: they must say that nobody else is cut.
#[test]
fn a_principal_that_is_named_is_cut_alone_by_each_step_that_can() {
    let alone = |place: PlaceArgs| -> Vec<u16> {
        let selection = with(place).resolve(&Config::default()).unwrap();
        let named = |step: &&Selected| step.params.get("who") == Some(&"named".into());
        selection.steps.iter().filter(named).map(|step| step.step.0).collect()
    };
    assert_eq!(alone(PlaceArgs { principal: vec!["ben".into()], ..PlaceArgs::default() }), [410, 600, 620]);
    assert_eq!(alone(PlaceArgs { key: vec!["AKIAIOSFODNN7EXAMPLE".into()], ..PlaceArgs::default() }), [0; 0]);
}
