//! Makes `Section`, `Account` and `Region` of the table of sections.

macro_rules! sections {
    (
        account { $(
            $(#[$global_doc:meta])*
            $global:ident $global_field:ident: $global_type:ty = $global_title:literal,
                reads [$($global_action:literal),* $(,)?]
                $(, $(#[$beside_doc:meta])* beside $beside:ident: $beside_type:ty)?
                $(, within $global_within:path)?;
        )* }
        region { $(
            $section:ident $field:ident: $type:ty = $title:literal,
                reads [$($action:literal),* $(,)?]
                $(, within $within:path)?;
        )* }
    ) => {
        /// A section of the account: what is read together, and what a step says it needs.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Section {
            $($global,)*
            $($section,)*
        }

        /// One AWS account as far as it was read.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Account {
            #[serde(default = "format")]
            pub format: u32,
            /// Twelve digits.
            pub id: String,
            #[serde(default)]
            pub alias: Seen<Option<String>>,
            pub caller: Caller,
            /// Whose credentials are used besides the caller's, and for what.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            pub actors: BTreeMap<Actor, Caller>,
            /// Regions enabled for the account (`ec2:DescribeRegions`).
            #[serde(default)]
            pub enabled_regions: Seen<BTreeSet<String>>,
            $(
                $(#[$global_doc])*
                #[serde(default)]
                pub $global_field: Seen<$global_type>,
                $(
                    $(#[$beside_doc])*
                    #[serde(default)]
                    pub $beside: $beside_type,
                )?
            )*
            /// What was read of each Region.
            #[serde(default)]
            pub regions: BTreeMap<String, Region>,
        }

        /// What was read of one Region.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Region {
            $(pub $field: Seen<$type>,)*
        }

        impl Section {
            /// Every section, in the order of the account's fields.
            pub const ALL: &'static [Section] = &[$(Section::$global,)* $(Section::$section,)*];

            /// Read once for every Region in scope, rather than once for the account.
            pub fn regional(self) -> bool {
                matches!(self, $(Section::$section)|*)
            }

            /// What a person calls it.
            pub fn title(self) -> &'static str {
                match self {
                    $(Section::$global => $global_title,)*
                    $(Section::$section => $title,)*
                }
            }

            /// The IAM actions that reading it takes.
            pub fn reads(self) -> &'static [&'static str] {
                match self {
                    $(Section::$global => &[$($global_action),*],)*
                    $(Section::$section => &[$($action),*],)*
                }
            }

            /// The actor whose credentials read it; `None`: the run's own.
            pub fn actor(self) -> Option<Actor> {
                self.reads().iter().find_map(|action| Actor::of_call(action))
            }

            /// Has nobody read this section of a Region yet?
            pub(crate) fn unread_in(self, region: &Region) -> bool {
                self.gap_of(region).is_some_and(|gap| gap.cause == Cause::NotRead)
            }

            /// The gap of this section in one Region.
            pub(crate) fn gap_of(self, region: &Region) -> Option<&Gap> {
                match self {
                    $(Section::$section => region.$field.gap(),)*
                    _ => None,
                }
            }

            /// What of this section was asked for and could not be read, with the Region where there is
            /// one: the section itself, or something within it.
            pub fn gaps(self, account: &Account) -> Vec<(Option<String>, Gap)> {
                let whole = match self {
                    $(Section::$global => gaps::of_account(&account.$global_field),)*
                    _ => gaps::of_regions(account, self),
                };
                let within = match self {
                    $($(Section::$global => $global_within(account),)?)*
                    $($(Section::$section => $within(account),)?)*
                    _ => vec![],
                };
                whole.into_iter().chain(within).collect()
            }

            /// As [`Section::gaps`], and where nobody has looked: without it nothing can be said of this
            /// section.
            pub fn missing(self, account: &Account) -> Vec<(Option<String>, Gap)> {
                let whole = match self {
                    $(Section::$global => vec![(None, account.$global_field.gap())],)*
                    _ => {
                        let of = |(name, here)| (Some(String::clone(name)), self.gap_of(here));
                        account.regions.iter().map(of).collect()
                    }
                };
                let unread = whole.into_iter().filter_map(|(region, gap)| Some((region, gap?.clone())));
                let unread = unread.filter(|(_, gap)| gap.cause == Cause::NotRead);
                self.gaps(account).into_iter().chain(unread).collect()
            }
        }

        impl Account {
            /// An account of which nothing has been read yet.
            pub fn unread(id: impl Into<String>, caller: Caller) -> Account {
                Account {
                    format: FORMAT,
                    id: id.into(),
                    alias: Seen::default(),
                    caller,
                    actors: BTreeMap::new(),
                    enabled_regions: Seen::default(),
                    $(
                        $global_field: Seen::default(),
                        $($beside: <$beside_type>::default(),)?
                    )*
                    regions: BTreeMap::new(),
                }
            }

            /// An account in which every section was read, and nothing was there; without Regions.
            pub fn empty(id: impl Into<String>, caller: Caller) -> Account {
                let mut account = Account::unread(id, caller);
                account.alias = Seen::Read(None);
                account.enabled_regions = Seen::Read(BTreeSet::new());
                $(account.$global_field = Seen::Read(Default::default());)*
                account
            }

            /// A copy of these sections: of the account's, and of those of each Region that is wanted.
            pub fn part(&self, sections: &BTreeSet<Section>, regions: impl Fn(&str) -> bool) -> Account {
                let mut part = self.identity();
                $(if sections.contains(&Section::$global) {
                    part.$global_field.clone_from(&self.$global_field);
                    $(part.$beside.clone_from(&self.$beside);)?
                })*
                let regions = self.regions.iter().filter(|(name, _)| regions(name));
                part.regions = regions.map(|(name, here)| (name.clone(), here.part(sections))).collect();
                part
            }

            /// Takes over the sections that another reading has and this one has not.
            pub fn fill_from(&mut self, other: Account) {
                self.alias.fill_from(other.alias);
                $(
                    $(if self.$global_field.is_not_read() {
                        self.$beside = other.$beside;
                    })?
                    self.$global_field.fill_from(other.$global_field);
                )*
                for (name, region) in other.regions {
                    self.regions.entry(name).or_default().fill_from(region);
                }
            }
        }

        impl Region {
            /// A Region in which every section was read, and nothing was there.
            pub fn empty() -> Region {
                Region { $($field: Seen::Read(<$type>::default()),)* }
            }

            /// A copy of these sections.
            pub(crate) fn part(&self, sections: &BTreeSet<Section>) -> Region {
                let mut part = Region::default();
                $(if sections.contains(&Section::$section) {
                    part.$field.clone_from(&self.$field);
                })*
                part
            }

            /// Takes over the sections that another reading has and this one has not, and those that
            /// the other one has changed since `before`.
            pub(crate) fn take_changes(&mut self, other: Region, before: &Region) {
                $(if self.$field.is_not_read()
                    || (!other.$field.is_not_read() && other.$field != before.$field)
                {
                    self.$field = other.$field;
                })*
            }

            /// Takes over the sections that another reading has and this one has not.
            pub(crate) fn fill_from(&mut self, other: Region) {
                $(self.$field.fill_from(other.$field);)*
            }
        }
    };
}
