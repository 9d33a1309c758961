//! What each way of step 530 leaves open.

macro_rules! leaves {
    ($within:literal, $more:literal) => {
        concat!(
            "traffic within the VPC",
            $within,
            ", and what comes by it: interface endpoints (Session Manager by these), \
             Instance Connect endpoints, Client VPN, customers of your endpoint services; packets that come \
             in by a gateway and need no answer; the instances' resolver, metadata and time; the serial \
             console; subnets shared from another account",
            $more,
            unjudged!()
        )
    };
}

pub(super) const SWAP: &str =
    leaves!(", also past a middlebox that the subnets' own tables led it through", "");

pub(super) const DELETE: &str = leaves!(
    "",
    "; gateway endpoints (570), routes that a Route Server advertises, and route tables that serve no subnet"
);
