"""PostgreSQL as Django knows it, whose connections are asked how they are only when something has come over them."""
