using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using ModelService.Api.Controllers;
using ModelService.Api.Requests;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>Documents the headers with the terms of a prediction (<see cref="RequestTerms"/>).</summary>
internal sealed class TermsFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.MethodInfo.GetCustomAttribute<ConsumesFilesAttribute>() is not { AlsoRaw: true })
            return;
        operation.Parameters ??= [];
        if (context.MethodInfo.DeclaringType == typeof(PredictController))
        {
            operation.Parameters.Add(
                new OpenApiParameter
                {
                    Name = RequestTerms.PriorityHeader,
                    In = ParameterLocation.Header,
                    Description = "The priority among the requests that wait.",
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Enum = [.. WireNames.Get(typeof(Priority)).Keys.Select(name => JsonValue.Create(name))],
                        Default = "normal",
                    },
                }
            );
        }

        if (context.MethodInfo.Name == nameof(PredictController.Predict))
        {
            operation.Parameters.Add(
                new OpenApiParameter
                {
                    Name = RequestTerms.ClientHeader,
                    In = ParameterLocation.Header,
                    Description =
                        "What names the caller, such as the id of a user. While the model's requests are routed to "
                        + "several versions, each caller gets the same one. By default, the name of the key.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                }
            );
        }

        operation.Parameters.Add(
            new OpenApiParameter
            {
                Name = RequestTerms.TimeoutHeader,
                In = ParameterLocation.Header,
                Description =
                    "The number of milliseconds within which the answer is needed. By default there is no limit.",
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Integer,
                    Format = "int32",
                    Minimum = "1",
                },
            }
        );
    }
}
