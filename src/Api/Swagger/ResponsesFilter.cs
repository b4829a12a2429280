using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using ModelService.Api.Auth;
using ModelService.Api.Errors;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>Documents the scope that an operation requires, and the errors that every operation can return.</summary>
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
        Add("401", "`unauthenticated`: the key is missing or unknown.");
        Add("403", $"`forbidden`: a key with the scope {scope} is required.");
        if (operation.RequestBody is not null)
            Add("408", "`request_timeout`: the client sent the body too slowly.");
        Add("429", "`rate_limited`: the client sent too many requests or too many wrong keys; see Retry-After.");
        Add("500", $"`{ErrorTable.Internal}`: an unexpected error; the server's log holds it under the `trace_id`.");
        Add("504", "`deadline_exceeded`: the request exceeded the server's time limit.");
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
