"""What AWS Lambda does and moto does not, put right for tests/moto_server.py.

a. ListFunctionUrlConfigs, which moto lacks. A function of moto's has one URL, and none by alias.
b. ListProvisionedConcurrencyConfigs, which moto lacks: nothing is provisioned.
c. A function in a VPC is in that of its subnets: moto says `vpc-123abc` of every one.
"""

import json
import re

from moto.awslambda import urls
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends


def function(request):
    """The function that the path names, in the Region that the signature names."""
    region = request.headers["Authorization"].split("/")[2]
    name = re.search(r"/functions/([^/]+)/", request.url).group(1)
    return lambda_backends[DEFAULT_ACCOUNT_ID][region].get_function(name)


def answer(body):
    return 200, {"Content-Type": "application/json"}, json.dumps(body)


def list_urls(request, full_url, headers):
    config = function(request).url_config
    return answer({"FunctionUrlConfigs": [config.to_dict()] if config else []})


def list_provisioned(request, full_url, headers):
    function(request)
    return answer({"ProvisionedConcurrencyConfigs": []})


def in_its_vpc(of_moto):
    def vpc_config(function):
        config = of_moto(function)
        if config and config.get("SubnetIds"):
            subnet = ec2_backends[DEFAULT_ACCOUNT_ID][function.region].get_subnet(config["SubnetIds"][0])
            config["VpcId"] = subnet.vpc_id
        return config

    return property(vpc_config)


def mend():
    LambdaFunction.vpc_config = in_its_vpc(LambdaFunction.vpc_config.fget)
    base = r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)"
    urls.url_paths[base + "/urls$"] = list_urls
    urls.url_paths[base + "/provisioned-concurrency$"] = list_provisioned
