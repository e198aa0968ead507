//! What is found in deals and their history, and changes what is said of them.

/// What was found in deals. The sentences are in the room of words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DealFinding {
    /// The history of stages ends elsewhere than the deal stands.
    OtherStage {
        /// The id of one of them.
        example: String,
    },
    /// The history enters a stage before the deal was created.
    StageBeforeCreation {
        /// The id of one of them.
        example: String,
    },
    /// The history enters a stage after the deal was closed.
    StageAfterClose {
        /// The id of one of them.
        example: String,
    },
    /// The history enters several stages at one instant: they overlap.
    StagesAtOnce {
        /// The id of one of them.
        example: String,
    },
    /// Deals of which the history says nothing.
    WithoutHistory {
        /// The id of one of them.
        example: String,
    },
    /// No history of stages is given.
    NoHistory,
    /// Deals that were open at the instant of observation and are closed now: their stage then is unknown.
    StageThenUnknown,
    /// Nothing tells the order of the stages.
    OrderUnknown,
    /// Stages that are not in the caller's list stand behind it.
    StagesNotListed {
        /// Their labels.
        labels: String,
    },
    /// Stages of the caller's list that no deal has.
    StagesOfNoDeal {
        /// Their labels.
        labels: String,
    },
    /// Open deals that stand at no known stage.
    OpenWithoutStage,
    /// Open deals without an amount.
    OpenWithoutAmount,
    /// Won deals without an amount.
    WonWithoutAmount,
    /// Deals whose creation is not known.
    WithoutCreation,
    /// Deals of nobody.
    WithoutOwner,
    /// Closed deals whose close is not dated: they are in no period.
    WithoutClose,
    /// Managers of a plan who have no deal: their plan counts nowhere.
    PlanOfUnknown {
        /// Their names.
        labels: String,
    },
    /// Rows of a plan for times that are not looked at.
    PlanOutside,
    /// Most stamps are days alone, so that hours to a response are not known.
    NoTimeOfDay,
    /// Statuses of leads that nothing explains: the leads are open.
    LeadStatusesOpen {
        /// The words.
        labels: String,
    },
    /// Leads that name a deal that is not there.
    LeadsOfUnknownDeals,
    /// Tickets that are answered or resolved before they are opened: they took no time.
    TicketEndsFirst,
    /// Deals that were closed before they were created.
    ClosedBeforeCreation,
}
