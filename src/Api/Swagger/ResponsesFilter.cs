using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using ModelService.Api.Auth;
using ModelService.Api.Errors;
using ModelService.Api.Requests;
using ModelService.Models.Errors;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>
/// Documents the scope that an operation requires, and the errors that it can return. Their statuses and sentences are
/// those of <see cref="ErrorTable"/>.
/// </summary>
internal sealed class ResponsesFilter : IOperationFilter
{
    private const string Problem = "application/problem+json";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        var scope = metadata.OfType<IAuthorizeData>().SingleOrDefault()?.Policy;
        operation.Security = scope is null
            ? null
            :
            [
                .. new[] { ApiKeyHandler.SchemeName, ApiKeyHandler.Bearer }.Select(
                    scheme => new OpenApiSecurityRequirement
                    {
                        [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [],
                    }
                ),
            ];
        var errors = FindErrors(operation, context)
            .Distinct()
            .Select(code =>
                (
                    Status: ErrorTable.StatusOf(code),
                    Code: ErrorTable.NameOf(code),
                    Meaning: code == ErrorCode.Forbidden
                        ? $"a key with the scope {scope} is required."
                        : ErrorTable.MeaningOf(code)
                )
            )
            .Append(
                (
                    Status: StatusCodes.Status500InternalServerError,
                    Code: ErrorTable.Internal,
                    Meaning: ErrorTable.InternalMeaning
                )
            );
        operation.Responses ??= [];
        foreach (var status in errors.GroupBy(error => error.Status).OrderBy(status => status.Key))
        {
            // Each error is a paragraph of its own.
            operation.Responses[status.Key.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = string.Join("\n\n", status.Select(error => $"`{error.Code}`: {error.Meaning}")),
                Content = new Dictionary<string, IOpenApiMediaType> { [Problem] = new OpenApiMediaType() },
            };
        }

        // The schema stands once: Swagger UI would show its example with each status.
        operation.Responses["default"] = new OpenApiResponse
        {
            Description = "Every error has this form.",
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                [Problem] = new OpenApiMediaType
                {
                    Schema = context.SchemaGenerator.GenerateSchema(typeof(ErrorResponse), context.SchemaRepository),
                },
            },
        };
    }

    private static IEnumerable<ErrorCode> FindErrors(OpenApiOperation operation, OperationFilterContext context)
    {
        var api = context.ApiDescription;
        var metadata = api.ActionDescriptor.EndpointMetadata;
        var (path, hasBody) = (api.RelativePath!, operation.RequestBody is not null);

        // Of every operation, and of every one that needs a key.
        yield return ErrorCode.MalformedRequest;
        yield return ErrorCode.DeadlineExceeded;
        if (metadata.OfType<IAuthorizeData>().Any())
        {
            yield return ErrorCode.Unauthenticated;
            yield return ErrorCode.Forbidden;
            yield return ErrorCode.RateLimited;
        }

        // Of the path, the parameters and the body.
        if (path.Contains("/models/{name}", StringComparison.Ordinal))
        {
            yield return ErrorCode.ModelNotFound;
            yield return ErrorCode.ModelNotReady;
        }

        if (path.Contains("/datasets/{name}", StringComparison.Ordinal))
        {
            yield return ErrorCode.DatasetNotFound;
            yield return ErrorCode.DatasetUnavailable;
        }

        if (path.Contains("/images/{id}", StringComparison.Ordinal))
            yield return ErrorCode.ImageNotFound;
        if (path.Contains("/evaluations/{evaluation}", StringComparison.Ordinal))
            yield return ErrorCode.EvaluationNotFound;
        if (path.Contains("/{version}", StringComparison.Ordinal))
            yield return ErrorCode.VersionNotFound;
        if (hasBody)
        {
            yield return ErrorCode.RequestTimeout;
            yield return ErrorCode.BodyTooLarge;
            yield return ErrorCode.UnsupportedMediaType;
        }

        if (metadata.OfType<ChangesModelsAttribute>().Any())
        {
            yield return ErrorCode.ReadOnly;
            yield return ErrorCode.StorageUnavailable;
        }

        // A body that is read into memory; weights go to the disk.
        if (metadata.OfType<ConsumesJsonAttribute>().Any())
            yield return ErrorCode.Overloaded;

        // Of the action alone.
        foreach (var code in metadata.OfType<FailsWithAttribute>().SelectMany(special => special.Codes))
            yield return code;
    }
}
