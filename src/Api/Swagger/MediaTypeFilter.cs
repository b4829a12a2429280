using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>Documents that Python source is a string, and that pictures and files beside JSON are bytes.</summary>
internal sealed class MediaTypeFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        foreach (var (_, response) in operation.Responses ?? [])
        {
            if (response.Content is { } content && content.ContainsKey("text/x-python"))
            {
                content["text/x-python"] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                };
            }

            if (response.Content is not { } several || !several.ContainsKey("image/png"))
                continue;
            foreach (var type in new[] { "image/png", "application/octet-stream" })
            {
                several[type] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
                };
            }
        }
    }
}
