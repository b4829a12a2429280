using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>
/// Documents that only errors are <c>application/problem+json</c>, and that Python source is a string.
/// </summary>
internal sealed class MediaTypeFilter : IOperationFilter
{
    private const string Problem = "application/problem+json";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        foreach (var (status, response) in operation.Responses ?? [])
        {
            var isError = status[0] is '4' or '5';
            foreach (var type in response.Content?.Keys.Where(type => (type == Problem) != isError).ToList() ?? [])
                response.Content!.Remove(type);
            if (
                response.Content?.TryGetValue("text/x-python", out var media) == true
                && media is OpenApiMediaType source
            )
            {
                source.Schema = new OpenApiSchema { Type = JsonSchemaType.String };
            }
        }
    }
}
