"""What Amazon API Gateway does and moto does not, put right for tests/moto_server.py.

REST APIs (apigateway):
a. UpdateStage takes the settings of a method away (`remove` of `/*/*`); moto ignores it. A new setting has no
   throttle (-1); moto gives it 1,000 a second.
b. A resource policy is answered with each quote escaped once more. It has no effect before a deployment:
   GetExport of a stage has the policy of its deployment. moto's export has none.
c. CreateDeployment without a stage. A deployment that a stage serves cannot be deleted; moto asks whether a stage
   has the name that it was made for.

HTTP and WebSocket APIs (apigatewayv2):
d. UpdateStage and DeleteRouteSettings, which moto lacks. A throttle that is left out of the default settings stays,
   as others have seen it (https://github.com/pulumi/pulumi-aws/issues/2363).
e. ExportApi, which moto lacks. A stage of moto's serves what is drafted.
"""

import json
from urllib.parse import unquote

from moto.apigateway import urls
from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import APIGatewayBackend, RestAPI, Stage
from moto.apigateway.responses import APIGatewayResponse
from moto.apigatewayv2 import urls as urls_v2
from moto.apigatewayv2.responses import ApiGatewayV2Response


def mend_rest():
    apply_operations = Stage.apply_operations

    def apply(self, patch_operations):
        others = []
        for op in patch_operations:
            key = op["path"].strip("/")
            if op["op"] == "remove" and key in self.method_settings:
                del self.method_settings[key]
            elif op["op"] == "remove" and key.count("/") == 1 and "variables" not in key:
                raise BadRequestException(f"Invalid method setting path: {op['path']}")
            else:
                others.append(op)
        return apply_operations(self, others)

    Stage.apply_operations = apply

    default_settings = Stage._get_default_method_settings

    def unset(self):
        return default_settings(self) | {"throttlingRateLimit": -1.0, "throttlingBurstLimit": -1}

    Stage._get_default_method_settings = unset

    to_dict = RestAPI.to_dict

    def escaped(self):
        policy = self.policy and json.dumps(self.policy)[1:-1]
        return to_dict(self) | {"policy": policy or None}

    RestAPI.to_dict = escaped

    create_deployment = RestAPI.create_deployment

    def create(self, *args, **kwargs):
        deployment = create_deployment(self, *args, **kwargs)
        deployment.policy = self.policy
        return deployment

    RestAPI.create_deployment = create

    def delete_deployment(self, deployment_id):
        if any(stage.deployment_id == deployment_id for stage in self.stages.values()):
            raise BadRequestException(
                "Active stages pointing to this deployment must be moved or deleted"
            )
        return self.deployments.pop(deployment_id)

    RestAPI.delete_deployment = delete_deployment

    export = APIGatewayBackend.export_api

    def get_export(self):
        api_id, stage_name, export_type = [self.path.split("/")[at] for at in (2, 4, 6)]
        body = export(self.backend, api_id, export_type)
        stage = self.backend.get_stage(api_id, stage_name)
        policy = self.backend.get_rest_api(api_id).deployments[stage.deployment_id].policy
        if policy:
            body["x-amazon-apigateway-policy"] = json.loads(policy)
        return 200, {"Content-Type": "application/json"}, json.dumps(body)

    APIGatewayResponse.get_export = get_export


def place(response):
    """The stage that the path of a request names."""
    parts = response.path.split("/")
    api_id, stage_name = parts[parts.index("apis") + 1], unquote(parts[parts.index("stages") + 1])
    return response.apigatewayv2_backend.get_stage(api_id, stage_name)


def update_stage(self):
    stage, asked = place(self), json.loads(self.body)
    stage.default_route_settings = stage.default_route_settings | asked.get("defaultRouteSettings", {})
    stage.route_settings = stage.route_settings | asked.get("routeSettings", {})
    stage.description = asked.get("description", stage.description)
    return 200, {}, json.dumps(stage.to_json())


def delete_route_settings(self):
    stage = place(self)
    stage.route_settings = dict(stage.route_settings)
    del stage.route_settings[unquote(self.path.split("/routesettings/")[1])]
    return 204, {}, ""


def export_api(self):
    api = self.apigatewayv2_backend.get_api(self.path.split("/")[-3])
    paths = {route.route_key: {"target": route.target} for route in api.routes.values()}
    stage = self._get_param("stageName") or ""
    servers = [{"url": api.api_endpoint, "variables": {"basePath": {"default": stage}}}]
    body = {"openapi": "3.0.1", "info": {"title": api.name}, "servers": servers, "paths": paths}
    return 200, {"Content-Type": "application/json"}, json.dumps(body)


def mend():
    mend_rest()
    ApiGatewayV2Response.update_stage = update_stage
    ApiGatewayV2Response.delete_route_settings = delete_route_settings
    ApiGatewayV2Response.export_api = export_api
    api = "{0}/v2/apis/(?P<api_id>[^/]+)"
    for path in [
        api + "/exports/(?P<specification>[^/]+)$",
        api + "/stages/(?P<stage_name>[^/]+)/routesettings/(?P<route_key>.+)$",
    ]:
        urls_v2.url_paths[path] = ApiGatewayV2Response.dispatch
        urls.url_paths[path] = ApiGatewayV2Response.dispatch
