//! Operations that no SDK crate has: made with the parts of the SDK's own.

use aws_smithy_runtime::client::orchestrator::operation::OperationBuilder;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;

/// The operation with the connector, the retries, the clock and the timeouts of the SDK's configuration.
pub(super) fn as_sdk(operation: OperationBuilder, sdk: &SdkConfig) -> OperationBuilder {
    let retries = sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
    let mut operation = operation.standard_retry(&retries);
    if let Some(client) = sdk.http_client() {
        operation = operation.http_client(client);
    }
    if let Some(sleep) = sdk.sleep_impl() {
        operation = operation.sleep_impl(sleep);
    }
    if let Some(time) = sdk.time_source() {
        operation = operation.time_source(time);
    }
    if let Some(timeouts) = sdk.timeout_config() {
        operation = operation.timeout_config(timeouts.clone());
    }
    if let Some(protection) = sdk.stalled_stream_protection() {
        operation = operation.stalled_stream_protection(protection);
    }
    operation
}
