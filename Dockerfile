# docker build -t model-service .                             for CPUs
# docker build -t model-service --build-arg TORCH=cuda .      for NVIDIA GPUs
# docker build -t model-service --build-arg VERSION=1.2.3 .   a release
# --build-arg PRETRAINED=false                                leaves out the weights of resnet18_mlnet, 64 MB

ARG TORCH=cpu
ARG PRETRAINED=true
ARG VERSION=0.1.0-alpha.0

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TORCH
ARG PRETRAINED
ARG VERSION
RUN apt-get update && apt-get install --yes --no-install-recommends binutils
WORKDIR /source

# Restore the packages first: Docker downloads libtorch again only when one of these files changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Natives.props src/
COPY src/Models/LoadOnOlderLibstdcxx.targets src/Models/Models.csproj src/Models/
COPY src/Imaging/Imaging.csproj src/Imaging/
COPY src/Api/Api.csproj src/Api/
RUN dotnet restore src/Api --runtime linux-x64 -p:TorchBackend=$TORCH -p:IncludePretrained=$PRETRAINED

COPY .editorconfig LICENSE THIRD-PARTY-NOTICES.md ./
COPY licenses/ licenses/
COPY src/ src/
RUN dotnet publish src/Api --no-restore --configuration Release --runtime linux-x64 --no-self-contained \
      -p:TorchBackend=$TORCH -p:IncludePretrained=$PRETRAINED -p:MinVerVersionOverride=$VERSION -p:UseAppHost=false --output /app

# Remove libtorch's libraries for Python, for other processes and for its own tests; no other file links to them. Then
# remove the names of functions that only a debugger needs: a fifth of the remaining size.
RUN cd /app && rm -f libtorch_python.so libshm.so libaoti_custom_ops.so \
      libbackend_with_compiler.so libjitbackend_test.so libnnapi_backend.so libtorchbind_test.so \
    && strip --strip-unneeded *.so*


FROM mcr.microsoft.com/dotnet/aspnet:10.0
ARG TORCH
ARG VERSION
ARG REVISION=unknown

LABEL org.opencontainers.image.title="Model Service" \
      org.opencontainers.image.description="Serves PyTorch image classifiers without Python (libtorch for $TORCH)" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="mcr.microsoft.com/dotnet/aspnet:10.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

# The server listens on all addresses of the container; `docker run -p` decides which port is open outside. It writes
# into /data only, so that the rest can be read-only.
ENV ASPNETCORE_ENVIRONMENT=Production \
    ASPNETCORE_HTTP_PORTS=8080 \
    ModelService__Storage__Path=/data \
    ModelService__Storage__Staging=/data/.uploads

WORKDIR /app
RUN install --directory --owner=$APP_UID --group=$APP_UID /data /blobs
COPY --from=build /app ./

USER $APP_UID
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
  CMD ["dotnet", "ModelService.Api.dll", "--healthcheck"]
ENTRYPOINT ["dotnet", "ModelService.Api.dll"]
