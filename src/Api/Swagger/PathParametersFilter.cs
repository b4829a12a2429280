using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>Removes the parameters of a path from operations without them: an action may have several paths.</summary>
internal sealed class PathParametersFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var path = context.ApiDescription.RelativePath!;
        foreach (var parameter in operation.Parameters?.ToList() ?? [])
        {
            if (
                parameter.In == ParameterLocation.Path
                && !path.Contains($"{{{parameter.Name}}}", StringComparison.Ordinal)
            )
            {
                operation.Parameters!.Remove(parameter);
            }
        }
    }
}
