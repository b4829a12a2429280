using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using ModelService.Api.Auth;
using ModelService.Api.Errors;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>Documents the scope that an operation needs, and what any operation may answer.</summary>
internal sealed class ResponsesFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var scope = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().Single().Policy;
        operation.Security =
        [
            .. new[] { ApiKeyHandler.SchemeName, ApiKeyHandler.Bearer }.Select(scheme => new OpenApiSecurityRequirement
            {
                [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [],
            }),
        ];
        var responses = new SortedDictionary<string, IOpenApiResponse>(
            operation.Responses ?? [],
            StringComparer.Ordinal
        );
        Add("401", "`unauthenticated`: no key, or one that the server does not know.");
        Add("403", $"`forbidden`: this needs a key with the scope {scope}.");
        if (operation.RequestBody is not null)
            Add("408", "`request_timeout`: the body came too slowly.");
        Add("429", "`rate_limited`: too many requests, or too many wrong keys; see Retry-After.");
        Add("500", $"`{ErrorTable.Internal}`: a bug; the server's log has it under the `trace_id`.");
        Add("504", "`deadline_exceeded`: it took longer than the server allows.");
        operation.Responses = [];
        foreach (var (status, response) in responses)
            operation.Responses[status] = response;

        void Add(string status, string description)
        {
            var error = context.SchemaGenerator.GenerateSchema(typeof(ErrorResponse), context.SchemaRepository);
            if (responses.TryGetValue(status, out var other))
            {
                other.Description += " " + description;
            }
            else
            {
                responses[status] = new OpenApiResponse
                {
                    Description = description,
                    Content = new Dictionary<string, IOpenApiMediaType>
                    {
                        ["application/problem+json"] = new OpenApiMediaType { Schema = error },
                    },
                };
            }
        }
    }
}
